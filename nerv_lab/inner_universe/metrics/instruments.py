"""Counters, gauges and histograms with labels, and the registry that reads them all at once."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, TypeVar

from nerv_lab.core.errors import ValidationError

__all__ = [
    "MILLISECONDS",
    "OTHER",
    "Counter",
    "Distribution",
    "Family",
    "Gauge",
    "Histogram",
    "Metrics",
    "Read",
]

Kind: TypeAlias = Literal["counter", "gauge", "histogram"]
Labels: TypeAlias = tuple[str, ...]
Read: TypeAlias = Callable[[], Mapping[Labels, float]]
"""Gives the values of an instrument that something else keeps, by labels."""

MILLISECONDS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000)
"""Upper bounds of the buckets of latencies, in milliseconds."""

OTHER: Final = "(other)"
"""Stands for every label beyond the number that is told apart."""

# Types of events and sources are the user's to invent, so the series must not grow with them.
_MOST_SERIES: Final = 200


@dataclass(frozen=True, slots=True)
class Distribution:
    """What a histogram knows of the values of one series.

    Attributes
    ----------
    bounds : tuple of float
        Upper bounds of the buckets, ascending; one more bucket holds what is greater.
    counts : tuple of int
        Values in each bucket, ``len(bounds) + 1`` of them.
    total : float
        Sum of the values.
    """

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float

    @property
    def count(self) -> int:
        """How many values there were."""
        return sum(self.counts)

    @property
    def mean(self) -> float:
        """Their mean; 0 where there were none."""
        return self.total / self.count if self.count else 0.0

    def quantile(self, share: float) -> float:
        """Return the bound below which a share (0 to 1) of the values lies; infinity beyond."""
        wanted, seen = share * self.count, 0
        for bound, count in zip(self.bounds, self.counts, strict=False):
            seen += count
            if seen >= wanted:
                return bound
        return float("inf")


@dataclass(frozen=True, slots=True)
class Family:
    """An instrument and its values at one moment.

    Attributes
    ----------
    name : str
        Such as ``"events.published"``.
    kind : {"counter", "gauge", "histogram"}
    unit : str
        ``"ms"``, ``"events"`` and so on.
    description : str
    labels : tuple of str
        Names of the labels.
    points : mapping
        Label values to a number, or a `Distribution` for a histogram.
    """

    name: str
    kind: Kind
    unit: str
    description: str
    labels: Labels
    points: Mapping[Labels, float | Distribution]


class _Instrument:
    """What all instruments share: a name, labels, and the lock of their registry."""

    kind: Kind

    def __init__(
        self, lock: threading.Lock, name: str, description: str, unit: str, labels: Labels
    ) -> None:
        self.name = name
        self.description = description
        self.unit = unit
        self.labels = labels
        self._lock = lock

    def read(self) -> Family:
        """Return the values of this moment."""
        with self._lock:
            points = self._points()
        return Family(self.name, self.kind, self.unit, self.description, self.labels, points)

    def _points(self) -> Mapping[Labels, Any]:
        raise NotImplementedError

    def _known(self, series: Mapping[Labels, Any], labels: Labels) -> Labels:
        if labels in series or len(series) < _MOST_SERIES:
            return labels
        return (OTHER,) * len(labels)


class Counter(_Instrument):
    """Something that only grows."""

    kind = "counter"

    def __init__(self, *described: Any) -> None:
        super().__init__(*described)
        # What happened never is told apart from what is not counted.
        self._series: dict[Labels, float] = {} if self.labels else {(): 0.0}

    def add(self, amount: float = 1, *labels: str) -> None:
        """Count so many more, in the series of these label values."""
        with self._lock:
            self.add_locked(amount, labels)

    def add_locked(self, amount: float, labels: Labels) -> None:
        """Count as `add` does; whoever calls holds the lock of the registry."""
        series = self._series
        try:
            series[labels] += amount
        except KeyError:
            labels = self._known(series, labels)
            series[labels] = series.get(labels, 0) + amount

    @property
    def total(self) -> float:
        """The sum of all series."""
        with self._lock:
            return sum(self._series.values())

    def _points(self) -> Mapping[Labels, float]:
        return dict(self._series)


class Gauge(_Instrument):
    """Something that goes up and down."""

    kind = "gauge"

    def __init__(self, *described: Any) -> None:
        super().__init__(*described)
        self._series: dict[Labels, float] = {}

    def set(self, value: float, *labels: str) -> None:
        """Take note of a value, in the series of these label values."""
        with self._lock:
            self._series[self._known(self._series, labels)] = value

    def _points(self) -> Mapping[Labels, float]:
        return dict(self._series)


class _Reading(_Instrument):
    """A counter or gauge that something else keeps; it is asked when the values are wanted."""

    def __init__(self, kind: Kind, read: Read, *described: Any) -> None:
        super().__init__(*described)
        self.kind = kind
        self._read = read

    def read(self) -> Family:
        """Return the values of this moment; whoever keeps them is asked with no lock held."""
        points = dict(self._read())
        return Family(self.name, self.kind, self.unit, self.description, self.labels, points)


class Histogram(_Instrument):
    """How values are distributed over buckets."""

    kind = "histogram"

    def __init__(self, bounds: Iterable[float], *described: Any) -> None:
        super().__init__(*described)
        self._bounds = tuple(bounds)
        # For each series the counts of its buckets, and the sum of its values at the end.
        self._series: dict[Labels, list[float]] = {}
        self._listeners: tuple[Callable[[float, Labels], None], ...] = ()

    def observe(self, value: float, *labels: str) -> None:
        """Take a value into the series of these label values."""
        with self._lock:
            self.observe_locked(value, labels)
        self.tell(value, labels)

    def observe_locked(self, value: float, labels: Labels) -> None:
        """Take a value without telling listeners; whoever calls holds the registry's lock."""
        series = self._series.get(labels)
        if series is None:
            labels = self._known(self._series, labels)
            series = self._series.setdefault(labels, [0] * (len(self._bounds) + 1) + [0.0])
        series[bisect_left(self._bounds, value)] += 1
        series[-1] += value

    @property
    def listened_to(self) -> bool:
        """Whether there is anybody to tell."""
        return bool(self._listeners)

    def tell(self, value: float, labels: Labels) -> None:
        """Tell the listeners of a value; no lock may be held."""
        for listener in self._listeners:
            listener(value, labels)

    def listen(self, listener: Callable[[float, Labels], None]) -> Callable[[], None]:
        """Hand every value and its labels to a function, from now on; returns how to end it."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def forget() -> None:
            with self._lock:
                self._listeners = tuple(x for x in self._listeners if x is not listener)

        return forget

    def _points(self) -> Mapping[Labels, Distribution]:
        return {
            labels: Distribution(self._bounds, tuple(map(int, series[:-1])), series[-1])
            for labels, series in self._series.items()
        }


_I = TypeVar("_I", bound=_Instrument)


class Metrics:
    """A set of instruments, each with a name of its own; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._instruments: dict[str, _Instrument] = {}

    def counter(
        self, name: str, description: str, unit: str = "events", labels: Labels = ()
    ) -> Counter:
        """Return a new counter.

        Parameters
        ----------
        name : str
            Such as ``"events.published"``.
        description : str
            What is counted.
        unit : str
            What one of them is.
        labels : tuple of str
            Names of the labels that tell its series apart.

        Raises
        ------
        ValidationError
            The name is taken.
        """
        return self._added(Counter(self._lock, name, description, unit, labels))

    def gauge(
        self, name: str, description: str, unit: str = "events", labels: Labels = ()
    ) -> Gauge:
        """Return a new gauge; parameters and errors as for `counter`."""
        return self._added(Gauge(self._lock, name, description, unit, labels))

    def histogram(
        self,
        name: str,
        description: str,
        unit: str = "ms",
        labels: Labels = (),
        bounds: Iterable[float] = MILLISECONDS,
    ) -> Histogram:
        """Return a new histogram with these upper bounds of its buckets; else as `counter`."""
        return self._added(Histogram(bounds, self._lock, name, description, unit, labels))

    def reading(
        self,
        kind: Literal["counter", "gauge"],
        name: str,
        read: Read,
        description: str,
        unit: str = "events",
        labels: Labels = (),
    ) -> None:
        """Add a counter or gauge that something else keeps, and which is asked when it is wanted.

        Parameters
        ----------
        read : callable
            Gives the values by labels; may be called from any thread.
        kind, name, description, unit, labels
            As for `counter`.
        """
        self._added(_Reading(kind, read, self._lock, name, description, unit, labels))

    def _added(self, instrument: _I) -> _I:
        with self._lock:
            if instrument.name in self._instruments:
                raise ValidationError("name", f"there is an instrument {instrument.name!r} already")
            self._instruments[instrument.name] = instrument
        return instrument

    @property
    def lock(self) -> threading.Lock:
        """Held by who changes several instruments at once."""
        return self._lock

    def histograms(self) -> tuple[Histogram, ...]:
        """Return the histograms, whose values can be listened to."""
        return tuple(i for i in self._instruments.values() if isinstance(i, Histogram))

    def histogram_of(self, name: str) -> Histogram:
        """Return the histogram of this name.

        Raises
        ------
        ValidationError
            There is none.
        """
        found = self._instruments.get(name)
        if not isinstance(found, Histogram):
            raise ValidationError("name", f"there is no histogram {name!r}")
        return found

    def read(self) -> Iterator[Family]:
        """Yield every instrument with its values, sorted by name."""
        for name in sorted(self._instruments):
            yield self._instruments[name].read()

    def family(self, name: str) -> Family:
        """Return one instrument with its values.

        Raises
        ------
        ValidationError
            There is no instrument of this name.
        """
        if name not in self._instruments:
            raise ValidationError("name", f"there is no instrument {name!r}")
        return self._instruments[name].read()

    def value(self, name: str, *labels: str) -> float:
        """Return one number: that of a series, or the sum of all where no labels are given.

        A histogram answers with how many values it has taken. 0 where there is no such series.

        Raises
        ------
        ValidationError
            There is no instrument of this name.
        """
        points = self.family(name).points
        chosen = points.values() if not labels else [points.get(labels, 0.0)]
        return sum(p.count if isinstance(p, Distribution) else p for p in chosen)
