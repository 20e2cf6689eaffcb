"""The search of the browser: the ids of what fulfils a query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from nerv_lab.widgets.arguments import Command, Commanded, required_text
from nerv_lab.widgets.conditions import find_entities

__all__ = ["FIND_COMMANDS"]

_MAX_FOUND: Final = 2_000


def _find(widget: Commanded, args: Mapping[str, Any]) -> dict[str, Any]:
    found = list(
        find_entities(widget.shown_state, required_text(args, "query", "say what to find"))
    )
    return {"ids": found[:_MAX_FOUND], "total": len(found)}


FIND_COMMANDS: Final[dict[str, Command]] = {"find": _find}
