"""Scales: from values to a share of a range, or to a category. They grow, and never shrink."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.widgets.styling.fields import is_time, number_of

__all__ = ["CURVES", "Categories", "Line", "written"]

_SLACK: Final = 0.1
_DAY: Final = 86_400
CURVES: Final[dict[str, Callable[[float], float]]] = {
    "linear": lambda x: x,
    "sqrt": lambda x: math.sqrt(x) if x >= 0 else math.nan,
    "log": lambda x: math.log10(x) if x > 0 else math.nan,
}


def _rounded(low: float, high: float) -> tuple[float, float]:
    """Return a little more than a span, between round numbers, so that it seldom has to grow."""
    if low == high:
        return low, high
    step = 10 ** math.floor(math.log10((high - low) / 2))
    return math.floor(low / step) * step, math.ceil(high / step) * step


class Line:
    """A scale of numbers or times.

    Parameters
    ----------
    curve : str
        One of `CURVES`.
    domain : pair of numbers or times, optional
        What the range goes over; by default what the values seen so far span, rounded. Values
        beyond a domain that was given count as its ends.
    where : str
        What to call the scale in errors.
    """

    def __init__(self, curve: str, domain: Sequence[Any] | None, where: str) -> None:
        self._bend = CURVES[curve]
        self._rounds = curve != "log"
        self.of_times = False
        self.ends: tuple[float, float] | None = None
        self._given = domain is not None
        if domain is not None:
            self._take(domain, curve, where)

    def _take(self, domain: Sequence[Any], curve: str, where: str) -> None:
        ends = [number_of(end) for end in domain]
        if len(ends) != 2 or None in ends or ends[0] == ends[1]:
            raise ValidationError(
                where, f"the domain of a {curve} scale is two numbers, not {domain!r}"
            )
        if any(math.isnan(self._bend(end)) for end in ends if end is not None):
            raise ValidationError(where, f"a {curve} scale cannot hold {domain!r}")
        self.of_times = any(is_time(end) for end in domain)
        self.ends = (ends[0], ends[1])  # type: ignore[assignment]

    def learn(self, values: Iterable[Any]) -> bool:
        """Take in values; return whether what was known before now lies elsewhere."""
        if self._given:
            return False
        kept = [v for v in values if self._bent(v) is not None]
        if not kept:
            return False
        self.of_times = self.of_times or is_time(kept[0])
        numbers = [n for v in kept if (n := number_of(v)) is not None]
        low, high = min(numbers), max(numbers)
        if self.ends and self.ends[0] <= low and high <= self.ends[1]:
            return False
        before, self.ends = self.ends, self._grown(low, high)
        return before != self.ends

    def _grown(self, low: float, high: float) -> tuple[float, float]:
        if self.ends:
            low, high = min(low, self.ends[0]), max(high, self.ends[1])
            if self.of_times:
                slack = _SLACK * (high - low)
                low -= slack if low < self.ends[0] else 0
                high += slack if high > self.ends[1] else 0
        if self.of_times or low == high:
            return low, high
        if not self._rounds:
            return 10 ** math.floor(math.log10(low)), 10 ** math.ceil(math.log10(high))
        return _rounded(low, high)

    def _bent(self, value: Any) -> float | None:
        number = number_of(value)
        bent = math.nan if number is None else self._bend(number)
        return None if math.isnan(bent) else bent

    def share(self, value: Any) -> float | None:
        """Return where a value lies, 0 to 1; None for what is no number of this scale."""
        bent = self._bent(value)
        if bent is None or self.ends is None:
            return None
        low, high = self._bend(self.ends[0]), self._bend(self.ends[1])
        if low == high:
            return 0.5
        return min(1.0, max(0.0, (bent - low) / (high - low)))


class Categories:
    """A scale of categories, which keep their number: the most frequent first, newcomers last.

    Parameters
    ----------
    domain : sequence, optional
        The categories, in order; by default those that are seen.
    """

    def __init__(self, domain: Sequence[Hashable] | None) -> None:
        self._given = domain is not None
        self._numbers = {key(value): i for i, value in enumerate(domain or ())}
        self.names = [str(value) for value in domain or ()]

    def learn(self, values: Iterable[Any]) -> bool:
        """Take in values; what was known before never changes."""
        if self._given:
            return False
        counts = Counter((key(v), str(v)) for v in values if v is not None)
        for (found, name), _ in sorted(counts.items(), key=lambda c: (-c[1], c[0][1])):
            if found not in self._numbers:
                self._numbers[found] = len(self.names)
                self.names.append(name)
        return False

    def number(self, value: Any) -> int | None:
        """Return the number of a category; None where it is none of them."""
        return None if value is None else self._numbers.get(key(value))


def key(value: Any) -> Hashable:
    """Return what stands for a value: True is not 1, and what cannot be a key is its text."""
    if isinstance(value, bool):
        return "bool", value
    return value if isinstance(value, (str, int, float)) else str(value)


def written(number: float, is_time: bool) -> str:
    """Return the text of an end of a scale; a time is given in seconds since 1970."""
    if not is_time:
        whole = number == int(number) and abs(number) < 10_000
        return str(int(number)) if whole else f"{number:,.6g}"
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=number)
    return f"{moment:%Y-%m-%d}" if number % _DAY == 0 else f"{moment:%Y-%m-%d %H:%M}"
