"""How the ``%nerv`` commands that take back, do again and search are written."""

from __future__ import annotations

from nerv_lab.magics.parsing import PLACE, Parser, add_lab

__all__ = ["UNDO_REFERENCES", "undo_parsers"]

UNDO_REFERENCES = frozenset({"revert", "cherry-pick", "reset"})


def undo_parsers() -> dict[str, Parser]:
    """Return the parsers by command."""
    parsers = {
        "undo": Parser("undo", "Take back the last change that is not committed."),
        "redo": Parser("redo", "Do again what was undone last."),
        "revert": Parser("revert", "Undo what one version changed, and leave what came after."),
        "cherry-pick": Parser("cherry-pick", "Do again, here, what one version changed."),
        "reset": Parser("reset", "Move the present branch to a version."),
        "history": Parser("history", "Show every change of an entity or a relation."),
        "blame": Parser("blame", "Show who set each property of an item, and when."),
        "bisect": Parser("bisect", "Find the first version at which something holds."),
    }
    for parser in parsers.values():
        add_lab(parser)
    for name in ("revert", "cherry-pick"):
        parsers[name].add_argument("ref", metavar="VERSION", help=PLACE)
        parsers[name].add_argument("-m", "--message", help="why (default: what is done)")
    add = parsers["reset"].add_argument
    add("ref", metavar="VERSION", help=PLACE)
    add("--force", action="store_true", help="even where work would belong to no branch")
    for name in ("history", "blame"):
        parsers[name].add_argument("item", metavar="ID", help="id of the entity or relation")
    add = parsers["bisect"].add_argument
    add("expression", metavar="EXPRESSION", help="Python that looks at view, or a function of it")
    add("--first", metavar="VERSION", help="where to begin (default: the beginning)")
    add("--last", metavar="VERSION", default="head", help="where to end (default: head)")
    return parsers
