"""How the ``%nerv`` command for retention is written."""

from __future__ import annotations

import argparse

from nerv_lab.magics.parsing import Parser, add_lab

__all__ = ["retention_parsers"]


def retention_parsers() -> dict[str, Parser]:
    """Return the parsers by command."""
    parser = Parser("retain", "Prune the versions and events that a policy does not keep.")
    add_lab(parser)
    add = parser.add_argument
    add("--last", type=_number, metavar="N", help="keep the newest so many of each branch")
    add("--hourly", type=_number, metavar="N", help="and the newest of each of so many hours")
    add("--daily", type=_number, metavar="N", help="and the newest of each of so many days")
    add("--dry-run", action="store_true", help="only say what would be done")
    add("--always", action="store_true", help="and from now on after each commit")
    return {"retain": parser}


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)
