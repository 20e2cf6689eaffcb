"""The part of a graph that a view shows: by conditions, around entities, with types as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

import traitlets as t

from nerv_lab.core.errors import EntityNotFoundError, ValidationError
from nerv_lab.core.graph.model import Entity
from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets.base import LabWidget
from nerv_lab.widgets.shown.conditions import find_entities
from nerv_lab.widgets.shown.lens import Lens

__all__ = ["Narrowed"]

_MAX_DEPTH: Final = 10


class Narrowed(LabWidget):
    """A widget whose traits say which part of the graph is shown; see `GraphView`."""

    filter: Any = t.Unicode("")
    around: Any = t.Any((), allow_none=True)
    depth: Any = t.Int(1)
    collapsed: Any = t.Any(())

    @t.validate("filter")
    def _valid_filter(self, proposal: Any) -> str:
        query: str = proposal["value"].strip()
        next(find_entities(GraphState.empty(), query), None)  # says what is wrong with it
        return query

    @t.validate("depth")
    def _valid_depth(self, proposal: Any) -> int:
        depth: int = proposal["value"]
        if not 0 <= depth <= _MAX_DEPTH:
            raise ValidationError("depth", f"must be 0 to {_MAX_DEPTH}, not {depth}")
        return depth

    @t.validate("around")
    def _valid_around(self, proposal: Any) -> tuple[str, ...]:
        given = proposal["value"]
        if isinstance(given, (str, Entity)):
            given = (given,)
        if not isinstance(given, Iterable):
            raise ValidationError("around", f"must be entities or their ids, not {given!r}")
        ids = tuple(dict.fromkeys(e if isinstance(e, str) else e.id for e in given))
        for id in ids:
            if self.shown_state.entity(id) is None:
                raise EntityNotFoundError(id, "a view can only be around what is there")
        return ids

    @t.validate("collapsed")
    def _valid_collapsed(self, proposal: Any) -> tuple[str, ...]:
        given = proposal["value"]
        if given is True:
            given = {entity.type for entity in self.shown_state.entities.values()}
        if isinstance(given, str):
            given = (given,)
        types = given if isinstance(given, Iterable) else (None,) if given else ()
        for type in (types := tuple(types)):
            if not isinstance(type, str):
                raise ValidationError("collapsed", f"must be types or True, not {given!r}")
        return tuple(sorted(set(types)))

    @t.observe("filter", "around", "depth", "collapsed")
    def _narrow(self, change: Any) -> None:
        if self._feed is None:
            return
        opened = self._lens.opened if change["name"] == "collapsed" else frozenset()
        self._look_through(
            Lens(self.filter, self.around or (), self.depth, opened, frozenset(self.collapsed))
        )

    @property
    def _lens(self) -> Lens:
        return self._open_feed().board.lens

    def _look_through(self, lens: Lens) -> None:
        self._open_feed().look_through(lens)

    def expand(self, item: Entity | str) -> None:
        """Show the neighbours of an entity too, or the entities of a type that was collapsed.

        Parameters
        ----------
        item : Entity or str
            An entity or its id; or a type that is collapsed.

        Raises
        ------
        EntityNotFoundError
            There is no such entity.
        """
        id = item if isinstance(item, str) else item.id
        group = self.scene.entity(id)
        if id in self.collapsed:
            self.collapsed = tuple(type for type in self.collapsed if type != id)
        elif self.shown_state.entity(id) is not None:
            self._look_through(self._lens.open([id]))
        elif group is not None:
            self.expand(group.type)
        else:
            raise EntityNotFoundError(id, "only what is there can be expanded")

    def collapse(self, *types: str) -> None:
        """Show all entities of these types, or of every type, as one node each."""
        self.collapsed = (*self.collapsed, *types) if types else True

    def show_all(self) -> None:
        """Show the whole graph again, each entity by itself."""
        with self.hold_trait_notifications():
            self.filter, self.around, self.collapsed = "", (), ()
        self._look_through(replace(self._lens, query="", around=(), collapsed=frozenset()))
