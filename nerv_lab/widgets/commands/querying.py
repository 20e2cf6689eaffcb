"""The search of the browser: the ids of what fulfils a query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets.commands.arguments import Command, Commanded, required_text
from nerv_lab.widgets.shown.conditions import find_entities

__all__ = ["FIND_COMMANDS"]

_MAX_FOUND: Final = 2_000


def _find(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    query = required_text(args, "query", "say what to find")
    found = list(find_entities(widget.shown_state, query))
    if len(found) > _MAX_FOUND:  # the browser puts them in order, of those that it is told
        found = _named(widget.shown_state, found, query)
    return {"ids": found[:_MAX_FOUND], "total": len(found)}


def _named(state: GraphState, ids: list[str], query: str) -> list[str]:
    """Return ids, those first in whose names the query is."""
    typed = query.strip().casefold()
    named = {id for id in ids if typed in (state.entities[id].name or id).casefold()}
    return sorted(ids, key=lambda id: id not in named)


FIND_COMMANDS: Final[dict[str, Command]] = {"find": _find}
