"""Completion of ids: ``lab.entities["<TAB>``.

IPython completes keys of what a name stands for, but does not read properties to get there, since
that may run anything. Of a Lab it is known that it does not.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from nerv_lab.core.errors import NervError
from nerv_lab.lab.reading import GraphReader

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["KeyMatcher"]

_KEY = re.compile(r"""(?:^|[^\w.])(\w+)\.(entities|relations)\[\s*(["'])([^"']*)$""")
_MOST = 500


class KeyMatcher:
    """Completes the ids of the entities and relations of a Lab or View that has a name."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    @context_matcher()  # type: ignore[untyped-decorator]
    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        """Return the ids that begin with what is there; nothing on any other line."""
        found = _KEY.search(context.line_with_cursor[: context.cursor_position])
        if found is None or not found[4].endswith(context.token):
            return {"completions": [], "suppress": False}
        ids = self._ids(found[1], found[2], found[4])
        skipped = len(found[4]) - len(context.token)
        return {
            "completions": [SimpleCompletion(id[skipped:], type="key") for id in ids],
            "suppress": bool(ids),
            "ordered": True,
        }

    def _ids(self, name: str, kind: str, beginning: str) -> list[str]:
        reader = self._shell.user_ns.get(name)
        if not isinstance(reader, GraphReader):
            return []
        try:
            items = reader.entities if kind == "entities" else reader.relations
        except NervError:
            return []
        return list(islice((id for id in sorted(items) if id.startswith(beginning)), _MOST))
