"""How the ``%nerv`` commands for branches, merges and tags are written."""

from __future__ import annotations

from nerv_lab.magics.parsing import PLACE, Parser, add_lab

__all__ = ["BRANCH_COMMANDS", "branch_parsers"]

BRANCH_COMMANDS = frozenset({"branch", "switch", "merge", "preview", "tag"})


def branch_parsers() -> dict[str, Parser]:
    """Return the parsers by command."""
    parsers = {
        "branch": Parser("branch", "List the branches, make one, or delete one."),
        "switch": Parser("switch", "Go to another branch."),
        "preview": Parser("preview", "Work out what a merge would do, without doing it."),
        "merge": Parser("merge", "Bring a branch or version into the present branch."),
        "tag": Parser("tag", "List the tags, or give a version a name."),
    }
    for parser in parsers.values():
        add_lab(parser)
    add = parsers["branch"].add_argument
    add("name", nargs="?", metavar="NAME", help="the branch to make")
    add("at", nargs="?", default="head", metavar="AT", help="where it begins (default: head)")
    add("-d", "--delete", action="store_true", help="delete it; its versions stay")
    add = parsers["switch"].add_argument
    add("name", metavar="NAME", help="the branch to go to")
    add("-c", "--create", action="store_true", help="make it at the head first")
    for name in ("preview", "merge"):
        parsers[name].add_argument("source", metavar="SOURCE", help=f"a branch, or {PLACE}")
        sides = parsers[name].add_mutually_exclusive_group()
        for side in ("ours", "theirs"):
            option = f"--{side}"
            sides.add_argument(option, action="store_true", help=f"decide conflicts by {side}")
            parsers[name].options.append(option)
    parsers["merge"].add_argument("-m", "--message", help="why (default: merge …)")
    add = parsers["tag"].add_argument
    add("name", nargs="?", metavar="NAME", help="what to call it")
    add("at", nargs="?", default="head", metavar="AT", help=f"{PLACE} (default: head)")
    return parsers
