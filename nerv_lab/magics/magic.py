"""What ``%nerv`` commands do."""

from __future__ import annotations

import ast
import datetime as dt
from argparse import Namespace
from functools import partial
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from nerv_lab.core.errors import NervError, VersionNotFoundError
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.bundles import BundleReport
from nerv_lab.lab import Access, Diff, HealthReport, Lab, RetentionReport, VersionLog, View
from nerv_lab.lab import open as open_lab
from nerv_lab.lab.outboxes import OutboxView
from nerv_lab.magics.branching import BranchCommands
from nerv_lab.magics.commands import help_on, parse
from nerv_lab.magics.parsing import CommandError, Help

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

    from nerv_lab.lab.past.travel import Ref

__all__ = ["NervMagics"]

_CELL_COMMAND = "transaction"


@magics_class
class NervMagics(BranchCommands, Magics):
    """The ``%nerv`` and ``%%nerv`` commands of one shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._shell: Any = shell  # IPython's methods are half typed
        self._opened: str | None = None

    @no_var_expand
    @line_cell_magic
    def nerv(self, line: str, cell: str | None = None) -> Any:
        """Work with a lab; ``%nerv help`` lists the commands."""
        command, arguments = parse(line)
        if command == _CELL_COMMAND:
            return self._transaction(arguments, cell)
        if cell is not None:
            raise CommandError(f"%%nerv takes a cell only for {_CELL_COMMAND}; use %nerv {command}")
        try:
            return getattr(self, f"_{command.replace('-', '_')}")(arguments)
        except NervError as error:
            if isinstance(error, CommandError):
                raise
            raise CommandError(str(error)) from error

    def labs(self) -> dict[str, Lab]:
        """Return the open labs in the user's variables, by name."""
        return {
            name: value
            for name, value in self._shell.user_ns.items()
            if not name.startswith("_") and isinstance(value, Lab) and not value.closed
        }

    def lab(self, name: str | None = None) -> Lab:
        """Return the lab of this name, or the one a command without a name means.

        That is the one ``%nerv open`` bound last, else ``lab``, else the only one there is.

        Raises
        ------
        CommandError
            When there is none, or more than one.
        """
        labs = self.labs()
        if name is not None:
            if name not in labs:
                raise CommandError(f"{name!r} is not an open lab; {_known(labs)}")
            return labs[name]
        for usual in (self._opened, "lab"):
            if usual in labs:
                return labs[usual]
        if len({id(lab) for lab in labs.values()}) != 1:
            raise CommandError(_known(labs) + ("; choose one with --lab NAME" if labs else ""))
        return next(iter(labs.values()))

    def _open(self, arguments: Namespace) -> Lab:
        name = arguments.name
        if not name.isidentifier():
            raise CommandError(f"{name!r} is not the name of a variable")
        before = self._shell.user_ns.get(name)
        lab = open_lab(arguments.uri, author=arguments.author)
        self._shell.push({name: lab})
        # A cell that is run again must not leave a connection behind each time.
        if name == self._opened and isinstance(before, Lab):
            before.close()
        self._opened = name
        return lab

    def _status(self, arguments: Namespace) -> Lab:
        return self.lab(arguments.lab)

    def _commit(self, arguments: Namespace) -> Version:
        return self.lab(arguments.lab).commit(arguments.message, author=arguments.author)

    def _log(self, arguments: Namespace) -> VersionLog:
        return self.lab(arguments.lab).log()[: arguments.n]

    def _doctor(self, arguments: Namespace) -> HealthReport:
        return self.lab(arguments.lab).health()

    def _metrics(self, arguments: Namespace) -> pd.DataFrame:
        return self.lab(arguments.lab).metrics

    def _rollback(self, arguments: Namespace) -> Version:
        lab = self.lab(arguments.lab)
        return lab.rollback(_place(lab, arguments.ref), arguments.message)

    def _at(self, arguments: Namespace) -> View:
        lab = self.lab(arguments.lab)
        return lab.at(_place(lab, arguments.ref))

    def _diff(self, arguments: Namespace) -> Diff:
        lab = self.lab(arguments.lab)
        a, b = (None if ref is None else _place(lab, ref) for ref in (arguments.a, arguments.b))
        return lab.diff(a, b)

    def _export(self, arguments: Namespace) -> BundleReport:
        return self.lab(arguments.lab).export(arguments.path, overwrite=arguments.overwrite)

    def _import(self, arguments: Namespace) -> BundleReport:
        return self.lab(arguments.lab).import_bundle(arguments.path)

    def _retain(self, arguments: Namespace) -> RetentionReport:
        lab = self.lab(arguments.lab)
        given = {
            "keep_last": arguments.last,
            "hourly": arguments.hourly,
            "daily": arguments.daily,
        }
        rules = {name: number for name, number in given.items() if number is not None}
        policy = RetentionPolicy.from_record(rules) if rules else None
        report = lab.retain(policy, dry_run=arguments.dry_run)
        if policy is not None and arguments.always and not arguments.dry_run:
            lab.retention = policy
        return report

    def _access(self, arguments: Namespace) -> Access:
        access, verb = self.lab(arguments.lab).access, arguments.verb
        who, what = arguments.identity, arguments.what
        if verb in ("grant", "revoke") and who is None:
            raise CommandError(f"say whose, as in %nerv access {verb} IDENTITY editor")
        if verb == "claim":
            access.claim()
        elif verb == "grant":
            access.grant(who, what, arguments.type)
        elif verb == "revoke":
            access.revoke(who, what or None, arguments.type)
        return access

    def _outbox(self, arguments: Namespace) -> OutboxView:
        outbox, verb = self.lab(arguments.lab).outbox, arguments.verb
        if (verb == "show", verb == "rename") != (arguments.id is None, arguments.name is not None):
            raise CommandError(
                "write %nerv outbox, %nerv outbox retry ID, %nerv outbox drop ID or "
                "%nerv outbox rename ID NAME"
            )
        if verb == "retry":
            outbox.retry(arguments.id)
        elif verb == "rename":
            outbox.rename(arguments.id, arguments.name)
        elif verb == "drop":
            outbox.drop(arguments.id)
        return outbox

    def _help(self, arguments: Namespace) -> Help:
        return help_on(arguments.command)

    def _transaction(self, arguments: Namespace, cell: str | None) -> Any:
        if cell is None:
            raise CommandError("write %%nerv transaction as the first line of a cell of its own")
        with self.lab(arguments.lab).transaction(arguments.message):
            return self._run(cell)

    def _run(self, cell: str) -> Any:
        """Run a cell in the user's namespace, let its error out, and return its last value."""
        shell = self._shell
        source = shell.transform_cell(cell)
        name = shell.compile.cache(source, shell.execution_count, raw_code=cell)
        tree = shell.transform_ast(shell.compile.ast_parse(source, filename=name))
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        # The flags hold the __future__ imports of earlier cells.
        compiled = partial(compile, filename=name, flags=shell.compile.flags, dont_inherit=True)
        exec(compiled(tree, mode="exec"), shell.user_ns)
        if not isinstance(last, ast.Expr):
            return None
        return eval(compiled(ast.Expression(last.value), mode="eval"), shell.user_ns)


def _known(labs: dict[str, Lab]) -> str:
    if not labs:
        return "no lab is open; open one with %nerv open FILE"
    return f"open labs: {', '.join(labs)}"


def _place(lab: Lab, text: str) -> Ref:
    """Return the place in history that a word means; a time without a zone is local."""
    try:
        return lab.version(text)
    except VersionNotFoundError:
        if text.isdecimal():
            return int(text)
        try:
            return dt.datetime.fromisoformat(text).astimezone()
        except ValueError:
            pass
        raise
