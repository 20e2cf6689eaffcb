"""``nerv-lab export`` and ``nerv-lab import``."""

from __future__ import annotations

import argparse
from typing import Any, TypeAlias

from nerv_lab.cli.progress import add_progress, wants_progress
from nerv_lab.lab import Lab, import_bundle

__all__ = ["add_bundle_commands", "export_store", "import_store"]

_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_bundle_commands(commands: _Commands) -> None:
    """Add the commands to a parser."""
    text = "write the whole history of a store into one file, which any store can take in"
    export = commands.add_parser("export", help=text, description=text.capitalize() + ".")
    export.add_argument("store", help="the store, such as team.nerv")
    export.add_argument("bundle", help="the file to write, such as team.bundle")
    export.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    text = "verify a bundle and take its history into a store that is empty or has its beginning"
    import_ = commands.add_parser("import", help=text, description=text.capitalize() + ".")
    import_.add_argument("bundle", help="the file, such as team.bundle")
    import_.add_argument("store", help="the store, made where it is not there")
    for command in (export, import_):
        command.add_argument("--json", action="store_true", help="answer in JSON")
        add_progress(command)


def export_store(lab: Lab, given: argparse.Namespace) -> tuple[str, Any]:
    """Export a store, and return what to answer, as text and as a JSON value."""
    report = lab.export(given.bundle, overwrite=given.overwrite, progress=wants_progress(given))
    return f"exported {report!r}", report.record()


def import_store(given: argparse.Namespace) -> tuple[str, Any]:
    """Import a bundle, and return what to answer, as text and as a JSON value."""
    report = import_bundle(given.bundle, given.store, progress=wants_progress(given))
    new = f"{report.new_events} of its events were new to {given.store}"
    return f"verified and imported {report!r}; {new}", report.record()
