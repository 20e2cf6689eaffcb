"""The monitor: a small live table of what is measured, and of how the Lab stands."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

import traitlets as t

from nerv_lab.core.errors import ValidationError
from nerv_lab.inner_universe.metrics import Distribution, Family
from nerv_lab.lab.asking.tables import html_table
from nerv_lab.lab.lab import Lab
from nerv_lab.widgets.bundled import BundledWidget
from nerv_lab.widgets.hop import Hop

__all__ = ["Monitor"]

_SECONDS: Final = 0.5
_NOTHING: Final = "none yet"


class Monitor(BundledWidget):
    """Shows what happens between a Lab and its store, and follows it.

    The table is drawn anew when something happened, twice a second at most. It asks nobody: what
    it shows was measured on the way. It shows the same without a browser, as its ``value``.

    Parameters
    ----------
    lab : Lab
        The Lab to watch.
    **kwargs
        ``layout``, as of every widget.

    Attributes
    ----------
    value : str
        The table in HTML, as pages without widgets show it.
    """

    _mode = t.Unicode("monitor").tag(sync=True)
    _table: Any = t.Dict({"caption": "", "rows": []}).tag(sync=True)

    value = t.Unicode("")

    _ends: tuple[Callable[[], None], ...] = ()
    _cancel: Callable[[], None] | None = None
    _ended = False

    def __init__(self, lab: Lab, **kwargs: Any) -> None:
        for name in kwargs:
            if name != "layout":
                raise ValidationError(name, "Monitor takes: layout")
        self.lab = lab
        self._hop = Hop()
        super().__init__(**kwargs)
        self._drawn = float("-inf")
        self._ends = (
            lab.watch(lambda batch: self._hop.call(self._changed)),
            # Last of all that a call does, so that what it wrote is settled by then.
            lab.instruments.histogram_of("operations.latency_ms").listen(
                lambda value, labels: self._hop.call(self._changed)
            ),
            lab.client.on_status(lambda: self._hop.call(self._changed)),
            lab.on_close(lambda: self._hop.call(self._draw)),
        )
        self._draw()

    def _changed(self) -> None:
        wait = self._drawn + _SECONDS - time.monotonic()
        if wait <= 0 or not self._hop.has_loop:
            self._draw()
        elif self._cancel is None:
            self._cancel = self._hop.later(wait, self._draw)

    def _draw(self) -> None:
        self._cancel = None
        if self._ended:
            return
        self._drawn = time.monotonic()
        status = self.lab.status
        caption = f"{self.lab.uri}: {status.state}"
        rows = self._rows()
        self.value = html_table(caption, (), rows)
        self._table = {"caption": caption, "rows": [list(row) for row in rows]}

    def _rows(self) -> list[tuple[str, str]]:
        read = {family.name: family for family in self.lab.instruments.read()}
        return [
            ("published", _whole(read["events.published"])),
            ("accepted", _whole(read["events.accepted"])),
            ("pending", _whole(read["events.pending"])),
            ("rejected", _whole(read["events.rejected"])),
            ("conflicted", _whole(read["events.conflicted"])),
            ("balance", "holds" if _sum(read["balance.holds"]) else "broken"),
            ("delivered", _whole(read["events.consumed"])),
            ("latency (median, 99 %)", _latency(read["events.publication_latency_ms"])),
            ("lag", _milliseconds(read["sync.lag_ms"])),
            ("cache hits", _share(read["cache.hits"], read["cache.misses"])),
            ("reconnects", _whole(read["connection.reconnects"])),
        ]

    def close(self) -> None:
        """Stop following the Lab and take the views away."""
        self._ended = True
        for end in self._ends:
            end()
        if self._cancel is not None:
            self._cancel()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return bundle
        data, metadata = bundle
        return {**data, "text/html": self.value}, metadata

    def __repr__(self) -> str:
        return f"<Monitor of {self.lab.uri}>"


def _sum(family: Family) -> float:
    return sum(p for p in family.points.values() if not isinstance(p, Distribution))


def _whole(family: Family) -> str:
    return f"{_sum(family):,.0f}"


def _milliseconds(family: Family) -> str:
    return f"{_sum(family):.1f} ms" if family.points else _NOTHING


def _share(hits: Family, misses: Family) -> str:
    asked = _sum(hits) + _sum(misses)
    return f"{_sum(hits) / asked:.0%} of {asked:,.0f}" if asked else _NOTHING


def _latency(family: Family) -> str:
    points = [p for p in family.points.values() if isinstance(p, Distribution)]
    if not points:
        return _NOTHING
    counts = tuple(map(sum, zip(*(p.counts for p in points), strict=True)))
    whole = Distribution(points[0].bounds, counts, sum(p.total for p in points))
    return f"≤ {whole.quantile(0.5):g} ms, ≤ {whole.quantile(0.99):g} ms"
