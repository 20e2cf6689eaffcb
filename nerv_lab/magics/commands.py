"""How ``%nerv`` commands are written."""

from __future__ import annotations

import argparse
import shlex
from difflib import get_close_matches

from nerv_lab.magics.access_parsers import access_parsers
from nerv_lab.magics.branch_parsers import BRANCH_COMMANDS, branch_parsers
from nerv_lab.magics.bundle_parsers import bundle_parsers
from nerv_lab.magics.outbox_parsers import outbox_parsers
from nerv_lab.magics.parsing import PLACE, CommandError, Help, Parser, add_lab
from nerv_lab.magics.retention_parsers import retention_parsers
from nerv_lab.magics.undo_parsers import UNDO_REFERENCES, undo_parsers

__all__ = ["BRANCH_COMMANDS", "COMMANDS", "REFERENCE_COMMANDS", "help_on", "parse"]


def _commands() -> dict[str, Parser]:
    parsers = {
        "open": Parser("open", "Open a lab and bind it to a name."),
        "status": Parser("status", "Show the lab: its size, its head and what is uncommitted."),
        "commit": Parser("commit", "Make the present state a version."),
        "log": Parser("log", "List the versions, newest first."),
        "doctor": Parser("doctor", "Examine the lab and its store, and say what is not well."),
        "metrics": Parser("metrics", "Show what is counted and measured, as a frame."),
        "rollback": Parser("rollback", "Bring an old state back as a new version."),
        "at": Parser("at", "Look at an old state, read-only."),
        "diff": Parser("diff", "Show what changed between two states."),
        "transaction": Parser(
            "transaction",
            "Run the cell so that all it changes is one batch, or nothing.",
            mark="%%",
        ),
    }
    add = parsers["open"].add_argument
    add("uri", nargs="?", default=":memory:", help="a file such as team.nerv (default: :memory:)")
    add("--as", dest="name", default="lab", metavar="NAME", help="variable to bind (default: lab)")
    add("--author", help="author of the versions to be committed")
    for name in sorted(parsers.keys() - {"open"}):
        add_lab(parsers[name])
    add = parsers["commit"].add_argument
    add("-m", "--message", required=True, help="why, in your words")
    add("--author", help="who (default: the author the lab was opened with)")
    parsers["log"].add_argument("-n", type=_count, metavar="COUNT", help="only the newest so many")
    parsers["rollback"].add_argument("ref", help=PLACE)
    parsers["rollback"].add_argument("-m", "--message", help="why (default: rollback to …)")
    parsers["at"].add_argument("ref", help=PLACE)
    parsers["diff"].add_argument("a", nargs="?", metavar="A", help=f"{PLACE} (default: head)")
    parsers["diff"].add_argument(
        "b", nargs="?", metavar="B", help="the same (default: the present)"
    )
    parsers["transaction"].add_argument("-m", "--message", help="why; recorded in each event")
    parsers |= branch_parsers() | undo_parsers() | bundle_parsers() | retention_parsers()
    parsers |= access_parsers() | outbox_parsers()
    parsers["help"] = Parser("help", "Explain the commands, or one of them.")
    parsers["help"].add_argument("command", nargs="?", metavar="COMMAND", choices=parsers)
    return parsers


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of versions")
    return int(text)


COMMANDS = _commands()
REFERENCE_COMMANDS = frozenset({"rollback", "at", "diff"}) | BRANCH_COMMANDS | UNDO_REFERENCES


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
