"""Completion of ``%nerv`` commands, options, labs and versions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from IPython.core.completer import (
    CompletionContext,
    SimpleCompletion,
    SimpleMatcherResult,
    context_matcher,
)

from nerv_lab.core.errors import NervError
from nerv_lab.inner_universe.outbox import Queued
from nerv_lab.magics.commands import BRANCH_COMMANDS, COMMANDS, REFERENCE_COMMANDS
from nerv_lab.magics.outbox_parsers import OUTBOX_VERBS

if TYPE_CHECKING:
    from nerv_lab.lab import Lab
    from nerv_lab.magics.magic import NervMagics

__all__ = ["NervMatcher"]

_LINE = re.compile(r"(?:^|=)\s*(%{1,2})nerv\s+(.*)$")


class NervMatcher:
    """Completes the word before the cursor on a line with ``%nerv``."""

    def __init__(self, magics: NervMagics) -> None:
        self._magics = magics

    @context_matcher()  # type: ignore[untyped-decorator]
    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        """Return what the word may become; nothing on any other line."""
        before = context.line_with_cursor[: context.cursor_position]
        found = _LINE.search(before)
        if found is None:
            return {"completions": [], "suppress": False}
        *words, word = found[2].split(" ")
        if not word.endswith(context.token):
            return {"completions": [], "suppress": False}
        skipped = len(word) - len(context.token)
        matches = [m for m in self._candidates(words, word, found[1]) if m.startswith(word)]
        return {
            "completions": [SimpleCompletion(m[skipped:], type="param") for m in matches],
            "suppress": bool(matches),
            "ordered": True,
        }

    def _candidates(self, words: list[str], word: str, mark: str) -> Iterable[str]:
        given = [w for w in words if w]
        if not given:
            return [name for name in COMMANDS if COMMANDS[name].prog.startswith(f"{mark}nerv")]
        command = given[0]
        if command not in COMMANDS:
            return []
        if given[-1] == "--lab":
            return sorted(self._magics.labs())
        if word.startswith("-"):
            return sorted(set(COMMANDS[command].options) - set(given))
        if command == "help":
            return COMMANDS
        if command == "outbox":
            return self._set_aside(given)
        return self._places(command, given) if command in REFERENCE_COMMANDS else []

    def _set_aside(self, given: list[str]) -> Iterable[str]:
        verb = next((word for word in given[1:] if word in OUTBOX_VERBS), None)
        if verb is None:
            return OUTBOX_VERBS
        lab = self._meant(given)
        if lab is None or verb == "show":
            return []
        aside = [queued.id for queued in lab.outbox.rejected]
        for found in lab.outbox.conflicts:
            if isinstance(found, Queued):
                aside.append(found.id)
            elif verb == "drop":
                aside.append(found.name)
        return aside

    def _meant(self, given: list[str]) -> Lab | None:
        name = given[given.index("--lab") + 1] if "--lab" in given[:-1] else None
        try:
            return self._magics.lab(name)
        except NervError:
            return None

    def _places(self, command: str, given: list[str]) -> Iterable[str]:
        lab = self._meant(given)
        if lab is None:
            return []
        try:
            branches = [branch for branch in lab.branches if branch != lab.branch_name]
            names = [name for entry in lab.log() for name in (entry.label, *entry.names)]
        except NervError:
            return []
        if command in BRANCH_COMMANDS:
            names = branches if command == "switch" else [*branches, *names]
        return [name for name in dict.fromkeys(names) if " " not in name]
