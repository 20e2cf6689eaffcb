"""Completion of names in quotes: ids, types, versions, branches and properties.

IPython completes keys of what a name stands for, but does not read properties to get there, since
that may run anything. Of a Lab it is known that it does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from nerv_lab.core.errors import NervError
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.lab import Lab
from nerv_lab.lab.asking.reading import GraphReader
from nerv_lab.magics.item_completion import item_at_end

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["KeyMatcher"]

# lab.entities["…, lab.at("…, or a step further on: lab.match("person").out("…
_QUOTED = re.compile(
    r"""(?:^|[^\w.])(?P<name>\w+)(?P<steps>\.match\(.*\))?\.(?P<attribute>\w+)(?P<open>[\[(])"""
    r"""\s*(?P<quote>["'])(?P<begun>[^"']*)$"""
)
# lab.entities["ada"].properties["…
_OF_ITEM = re.compile(r"""\.properties\[\s*(?P<quote>["'])(?P<begun>[^"']*)$""")
_MOST = 500


class KeyMatcher:
    """Completes what stands in quotes after the name of a Lab, a View or an item."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    @context_matcher()  # type: ignore[untyped-decorator]
    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        """Return the names that begin with what is there; nothing on any other line."""
        text = context.line_with_cursor[: context.cursor_position]
        found = _QUOTED.search(text) or _OF_ITEM.search(text)
        if found is None or not found["begun"].endswith(context.token):
            return {"completions": [], "suppress": False}
        names = self._names(found)
        skipped = len(found["begun"]) - len(context.token)
        return {
            "completions": [SimpleCompletion(name[skipped:], type="key") for name in names],
            "suppress": bool(names),
            "ordered": True,
        }

    def _names(self, found: re.Match[str]) -> list[str]:
        begun = found["begun"]
        fits = (n for n in self._known(found) if n.startswith(begun) and found["quote"] not in n)
        return list(islice(fits, _MOST))

    def _known(self, found: re.Match[str]) -> Iterable[str]:
        if found.re is _OF_ITEM:
            item = item_at_end(self._shell, found.string[: found.start()])
            return sorted(item.properties) if item else ()
        place = f"{'.match()' if found['steps'] else ''}.{found['attribute']}{found['open']}"
        known, holder = _NAMES.get(place), self._shell.user_ns.get(found["name"])
        if known is None or not isinstance(holder, known[0]):
            return ()
        try:
            return known[1](holder)
        except NervError:
            return ()


def _items(reader: Any) -> list[str]:
    return [*sorted(reader.entities), *sorted(reader.relations)]


def _versions(lab: Any) -> Iterable[str]:
    entries = [name for entry in lab.log() for name in (entry.label, *entry.names)]
    return dict.fromkeys([*entries, *lab.branches])


_Names = tuple[type | tuple[type, ...], Callable[[Any], Iterable[str]]]
_NAMES: Final[Mapping[str, _Names]] = {
    ".entities[": (GraphReader, lambda reader: sorted(reader.entities)),
    ".relations[": (GraphReader, lambda reader: sorted(reader.relations)),
    ".properties[": ((Entity, Relation), lambda item: sorted(item.properties)),
    ".branches[": (Lab, lambda lab: sorted(lab.branches)),
    ".tags[": (Lab, lambda lab: sorted(lab.tags)),
    ".match(": (GraphReader, lambda reader: reader.entities.types),
    **{
        f".match().{step}(": (GraphReader, lambda reader: reader.relations.types)
        for step in ("out", "in_", "both")
    },
    **{
        f".{method}(": (GraphReader, lambda reader: sorted(reader.entities))
        for method in ("entity", "neighbours", "relations_of", "relate")
    },
    **{f".{method}(": (GraphReader, _items) for method in ("update", "delete", "history", "blame")},
    ".relation(": (GraphReader, lambda reader: sorted(reader.relations)),
    **{
        f".{method}(": (Lab, _versions)
        for method in ("at", "version", "rollback", "diff", "merge", "preview", "revert", "reset")
    },
    **{
        f".{method}(": (Lab, lambda lab: sorted(lab.branches))
        for method in ("switch", "branch", "delete_branch")
    },
}
"""From what stands before the quotes to whose attribute it is, and the names that may follow."""
