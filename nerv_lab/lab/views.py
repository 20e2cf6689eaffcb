"""A look at the past, which cannot be changed."""

from __future__ import annotations

import datetime as dt
from typing import NoReturn

from nerv_lab.core.encrypted import Reveal
from nerv_lab.core.errors import ReadOnlyViewError
from nerv_lab.core.record_html import record_html
from nerv_lab.core.state import GraphState
from nerv_lab.core.versions import Version
from nerv_lab.lab.delegates import delegated
from nerv_lab.lab.reading import GraphReader

__all__ = ["View"]


class View(GraphReader):
    """The graph at one position of the log, with the whole read API and no way to write.

    Attributes
    ----------
    label : str
        What the view was asked for by, such as ``"v1"``.
    version : Version or None
        The version, where the position is that of one.
    seq : int
        Position in the log.
    timestamp : datetime or None
        When the state came about (UTC); None before the first event.
    """

    def __init__(
        self,
        state: GraphState,
        *,
        label: str,
        seq: int,
        version: Version | None = None,
        timestamp: dt.datetime | None = None,
        reveal: Reveal | None = None,
    ) -> None:
        self._opens = reveal
        self._state = state
        self.label = label
        self.seq = seq
        self.version = version
        self.timestamp = timestamp

    @property
    def state(self) -> GraphState:
        """The graph state that is read; immutable."""
        return self._state

    def _part(self, state: GraphState, label: str) -> View:
        return View(
            state,
            label=f"{label} in {self.label}",
            seq=self.seq,
            timestamp=self.timestamp,
            reveal=self._opens,
        )

    @property
    def _reveals(self) -> Reveal | None:
        return self._opens

    def __repr__(self) -> str:
        return (
            f"<View {self.label}: {len(self.entities)} entities, "
            f"{len(self.relations)} relations, read-only>"
        )

    def _repr_html_(self) -> str:
        rows = [
            ("of", self.label),
            ("time", f"{self.timestamp:%Y-%m-%d %H:%M:%S} UTC" if self.timestamp else "none"),
            ("entities", repr(self.entities).strip("<>")),
            ("relations", repr(self.relations).strip("<>")),
        ]
        return record_html("View, read-only", rows)

    def _repr_svg_(self) -> str:
        picture: str = delegated("widgets.svg", "graph_svg")(self.state, repr(self).strip("<>"))
        return picture

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse, since the past does not change; raises `ReadOnlyViewError`."""
        raise ReadOnlyViewError(
            f"this is a read-only view of {self.label}; change the present through the lab, "
            f"or bring this state back with lab.rollback({self.label!r})"
        )

    add_entity = update = delete = relate = transaction = apply = commit = rollback = _refuse
