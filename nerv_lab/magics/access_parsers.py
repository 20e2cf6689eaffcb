"""How the ``%nerv`` command for access is written."""

from __future__ import annotations

from nerv_lab.magics.parsing import Parser, add_lab

__all__ = ["access_parsers"]


def access_parsers() -> dict[str, Parser]:
    """Return the parsers by command."""
    parser = Parser("access", "Show who may do what; claim the store, grant and revoke.")
    add_lab(parser)
    add = parser.add_argument
    add("verb", nargs="?", choices=["show", "claim", "grant", "revoke"], default="show")
    add("identity", nargs="?", metavar="WHO", help="an identity, or '*' for everybody")
    add("what", nargs="*", metavar="WHAT", help="a role, or actions such as create_entity")
    add("--type", help="the type of items that actions are for (default: all)")
    return {"access": parser}
