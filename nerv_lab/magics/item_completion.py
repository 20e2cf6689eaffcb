"""Completion of the attributes of an item that a Lab is asked for by its id.

IPython reads neither properties nor keys of classes it does not know, so that it cannot tell what
``lab.entities["ada"]`` is. Of a Lab it is known that reading them runs nothing.
"""

from __future__ import annotations

import re
from string import ascii_letters
from typing import TYPE_CHECKING, Any, Final

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from nerv_lab.core.errors import NervError
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.lab.asking.reading import GraphReader

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["ItemMatcher", "item_at_end"]

# lab.entities["ada"], or lab.relations[name]
_ITEM = re.compile(
    r"""(?:^|[^\w.])(?P<holder>\w+)\.(?P<among>entities|relations)"""
    r"""\[\s*(?:(?P<quote>["'])(?P<id>[^"']*)(?P=quote)|(?P<variable>\w+))\s*\]$"""
)
_ATTRIBUTE = re.compile(r"(?P<path>(?:\.\w+)*)\.(?P<begun>\w*)$")
_PUBLIC: Final = tuple(ascii_letters)


def item_at_end(shell: InteractiveShell, text: str) -> Entity | Relation | None:
    """Return the item that a text ends in, such as ``x = lab.entities["ada"]``; else None."""
    found = _ITEM.search(text)
    holder = shell.user_ns.get(found["holder"]) if found else None
    if found is None or not isinstance(holder, GraphReader):
        return None
    id = found["id"] if found["quote"] else shell.user_ns.get(found["variable"])
    if not isinstance(id, str):
        return None
    try:
        return holder.entity(id) if found["among"] == "entities" else holder.relation(id)
    except NervError:
        return None


class ItemMatcher:
    """Completes attributes after ``lab.entities["…"].`` and ``lab.relations["…"].``."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    @context_matcher()  # type: ignore[untyped-decorator]
    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        """Return the attributes that begin with what is there; nothing on any other line."""
        text = context.line_with_cursor[: context.cursor_position]
        found = _ATTRIBUTE.search(text)
        owner: Any = item_at_end(self._shell, text[: found.start()]) if found else None
        if found is None or owner is None:
            return {"completions": [], "suppress": False}
        for name in found["path"].split(".")[1:]:
            owner = getattr(owner, name, None)
        begun = found["begun"]
        kept = context.token.removesuffix(begun)
        names = [name for name in dir(owner) if name.startswith(begun or _PUBLIC)]
        return {
            "completions": [
                SimpleCompletion(kept + name, type=_kind(owner, name)) for name in names
            ],
            "suppress": bool(names),
        }


def _kind(owner: Any, name: str) -> str:
    return "function" if callable(getattr(type(owner), name, None)) else "instance"
