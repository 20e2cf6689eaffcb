"""How the ``%nerv`` commands for bundles are written."""

from __future__ import annotations

from nerv_lab.magics.parsing import Parser, add_lab

__all__ = ["bundle_parsers"]


def bundle_parsers() -> dict[str, Parser]:
    """Return the parsers by command."""
    parsers = {
        "export": Parser("export", "Write the whole history into one file, a bundle."),
        "import": Parser("import", "Verify a bundle and take its history in."),
    }
    for parser in parsers.values():
        add_lab(parser)
    add = parsers["export"].add_argument
    add("path", metavar="FILE", help="the file to write, such as team.bundle")
    add("--overwrite", action="store_true", help="replace a file that is there")
    parsers["import"].add_argument("path", metavar="FILE", help="the bundle")
    return parsers
