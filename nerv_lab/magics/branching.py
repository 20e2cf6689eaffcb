"""What the ``%nerv`` commands for branches, undoing and searching do."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from nerv_lab.core.history.conflicts import Side
from nerv_lab.core.history.versions import Version
from nerv_lab.lab import Blame, Diff, History, Lab, View
from nerv_lab.lab.branches.merging import MergeResult
from nerv_lab.magics.parsing import CommandError, Help

__all__ = ["BranchCommands"]


def _described(lab: Lab, version: Version | None) -> str:
    if version is None:
        return "nothing committed yet"
    return f"{lab.version_label(version)} {version.description}"


class BranchCommands:
    """The commands that work on branches and versions as a whole."""

    _shell: Any

    def lab(self, name: str | None = None) -> Lab:
        """Return the lab that a command means."""
        raise NotImplementedError

    def _branch(self, arguments: Namespace) -> Version | Help | None:
        lab = self.lab(arguments.lab)
        if arguments.delete:
            if arguments.name is None:
                raise CommandError("say which branch to delete")
            lab.delete_branch(arguments.name)
            return None
        if arguments.name is not None:
            return lab.create_branch(arguments.name, arguments.at)
        lines = (
            f"{'*' if name == lab.branch_name else ' '} {name}  {_described(lab, head)}"
            for name, head in lab.branches.items()
        )
        return Help("\n".join(lines))

    def _switch(self, arguments: Namespace) -> Lab:
        lab = self.lab(arguments.lab)
        if arguments.create:
            lab.create_branch(arguments.name)
        return lab.switch(arguments.name)

    def _preview(self, arguments: Namespace) -> MergeResult:
        result = self.lab(arguments.lab).preview(arguments.source)
        side: Side | None = "ours" if arguments.ours else "theirs" if arguments.theirs else None
        # Deciding one conflict may bring up another.
        while side is not None and result.conflicts:
            result.resolve(side)
        return result

    def _merge(self, arguments: Namespace) -> MergeResult:
        result = self._preview(arguments)
        if not result.conflicts:
            result.commit(arguments.message)
        return result

    def _tag(self, arguments: Namespace) -> Version | Help:
        lab = self.lab(arguments.lab)
        if arguments.name is not None:
            return lab.tag(arguments.name, arguments.at)
        tags = sorted(lab.tags.items())
        lines = (f"{name}  {_described(lab, lab.version(id))}" for name, id in tags)
        return Help("\n".join(lines) or "no version has a name yet")

    def _undo(self, arguments: Namespace) -> Diff:
        return self.lab(arguments.lab).undo()

    def _redo(self, arguments: Namespace) -> Diff:
        return self.lab(arguments.lab).redo()

    def _revert(self, arguments: Namespace) -> MergeResult:
        return self.lab(arguments.lab).revert(arguments.ref, description=arguments.message)

    def _cherry_pick(self, arguments: Namespace) -> MergeResult:
        return self.lab(arguments.lab).cherry_pick(arguments.ref, description=arguments.message)

    def _reset(self, arguments: Namespace) -> Version:
        return self.lab(arguments.lab).reset(arguments.ref, force=arguments.force)

    def _history(self, arguments: Namespace) -> History:
        return self.lab(arguments.lab).history(arguments.item)

    def _blame(self, arguments: Namespace) -> Blame:
        return self.lab(arguments.lab).blame(arguments.item)

    def _bisect(self, arguments: Namespace) -> Version | None:
        try:
            code = compile(arguments.expression, "<bisect>", "eval")
        except SyntaxError as error:
            raise CommandError(
                f"{arguments.expression!r} is not an expression: {error.msg}"
            ) from None

        def holds(view: View) -> object:
            value = eval(code, {**self._shell.user_ns, "view": view})
            return value(view) if callable(value) else value

        lab = self.lab(arguments.lab)
        return lab.bisect(holds, first=arguments.first, last=arguments.last)
