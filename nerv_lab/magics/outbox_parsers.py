"""How the ``%nerv`` command for the outbox is written."""

from __future__ import annotations

from nerv_lab.magics.parsing import Parser, add_lab

__all__ = ["OUTBOX_VERBS", "outbox_parsers"]

OUTBOX_VERBS = ("show", "retry", "rename", "drop")


def outbox_parsers() -> dict[str, Parser]:
    """Return the parsers by command."""
    parser = Parser(
        "outbox", "Show what waits for the server; retry, rename or drop what was set aside."
    )
    add_lab(parser)
    add = parser.add_argument
    add("verb", nargs="?", choices=OUTBOX_VERBS, default="show")
    add("id", nargs="?", metavar="ID", help="a write that was set aside, or a branch to be merged")
    add("name", nargs="?", metavar="NAME", help="what to call the branch or tag, for rename")
    return {"outbox": parser}
