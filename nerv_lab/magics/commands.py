"""How ``%nerv`` commands are written."""

from __future__ import annotations

import argparse
import shlex
from difflib import get_close_matches
from functools import partial
from typing import Any, NoReturn

from IPython.core.error import UsageError as IPythonUsageError

from nerv_lab.core.errors import UsageError

__all__ = ["COMMANDS", "REFERENCE_COMMANDS", "CommandError", "Help", "help_on", "parse"]


class CommandError(UsageError, IPythonUsageError):
    """A ``%nerv`` command was written wrongly or failed; IPython shows it without a traceback."""

    def _render_traceback_(self) -> list[str]:
        kind = type(self.__cause__) if self.__cause__ else UsageError
        return [f"{kind.__name__}: {self}"]


class Help(str):
    """A text that shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class _Parser(argparse.ArgumentParser):
    """A parser that raises where argparse would end the process."""

    def __init__(self, command: str, description: str, *, mark: str = "%") -> None:
        self.options: list[str] = []
        super().__init__(
            prog=f"{mark}nerv {command}",
            description=description,
            add_help=False,
            allow_abbrev=False,
            formatter_class=partial(argparse.HelpFormatter, width=88),
        )
        # Python 3.14 would colour the text by the terminal, and a notebook is none.
        self.color = False

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """Add an argument, and remember what it may be called."""
        action = super().add_argument(*names, **options)
        self.options.extend(action.option_strings)
        return action

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message}\n{self.format_usage().rstrip()}")


def _commands() -> dict[str, _Parser]:
    parsers = {
        "open": _Parser("open", "Open a lab and bind it to a name."),
        "status": _Parser("status", "Show the lab: its size, its head and what is uncommitted."),
        "commit": _Parser("commit", "Make the present state a version."),
        "log": _Parser("log", "List the versions, newest first."),
        "rollback": _Parser("rollback", "Bring an old state back as a new version."),
        "at": _Parser("at", "Look at an old state, read-only."),
        "diff": _Parser("diff", "Show what changed between two states."),
        "transaction": _Parser(
            "transaction",
            "Run the cell so that all it changes is one batch, or nothing.",
            mark="%%",
        ),
        "help": _Parser("help", "Explain the commands, or one of them."),
    }
    place = "version label (v1), head, tag, version id or its beginning, event number or time"
    add = parsers["open"].add_argument
    add("uri", nargs="?", default=":memory:", help="a file such as team.nerv (default: :memory:)")
    add("--as", dest="name", default="lab", metavar="NAME", help="variable to bind (default: lab)")
    add("--author", help="author of the versions to be committed")
    for name in ("status", "commit", "log", "rollback", "at", "diff", "transaction"):
        parsers[name].add_argument(
            "--lab", metavar="NAME", help="variable that holds the lab, where there are several"
        )
    add = parsers["commit"].add_argument
    add("-m", "--message", required=True, help="why, in your words")
    add("--author", help="who (default: the author the lab was opened with)")
    parsers["log"].add_argument("-n", type=_count, metavar="COUNT", help="only the newest so many")
    parsers["rollback"].add_argument("ref", help=place)
    parsers["rollback"].add_argument("-m", "--message", help="why (default: rollback to …)")
    parsers["at"].add_argument("ref", help=place)
    parsers["diff"].add_argument("a", nargs="?", metavar="A", help=f"{place} (default: head)")
    parsers["diff"].add_argument(
        "b", nargs="?", metavar="B", help="the same (default: the present)"
    )
    parsers["transaction"].add_argument("-m", "--message", help="why; recorded in each event")
    parsers["help"].add_argument("command", nargs="?", metavar="COMMAND", choices=parsers)
    return parsers


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of versions")
    return int(text)


COMMANDS = _commands()
REFERENCE_COMMANDS = frozenset({"rollback", "at", "diff"})


def parse(line: str) -> tuple[str, argparse.Namespace]:
    """Return the command of a line and its arguments; an empty line asks for help.

    Raises
    ------
    CommandError
        When the line is no command; the message shows the usage.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise CommandError(f"{error}; put text with blanks between a pair of quotes") from None
    if not words:
        words = ["help"]
    if {"-h", "--help"}.intersection(words):
        words = ["help", *(word for word in words[:1] if word in COMMANDS)]
    command, *arguments = words
    if command not in COMMANDS:
        near = get_close_matches(command, COMMANDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(COMMANDS)}"
        raise CommandError(f"no command {command!r}; {hint}")
    return command, COMMANDS[command].parse_args(arguments)


def help_on(command: str | None = None) -> Help:
    """Return the help on one command, or a line on each."""
    if command is not None:
        return Help(COMMANDS[command].format_help().rstrip())
    width = max(len(parser.prog) for parser in COMMANDS.values())
    lines = [f"{parser.prog:{width}}  {parser.description}" for parser in COMMANDS.values()]
    return Help("\n".join(lines))
