"""Telling how far a long command is, on standard error."""

from __future__ import annotations

import argparse
import sys

__all__ = ["add_progress", "wants_progress"]


def add_progress(command: argparse.ArgumentParser) -> None:
    """Add the option to a command."""
    command.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        help="tell on standard error how far it is (default: on a terminal)",
    )


def wants_progress(given: argparse.Namespace) -> bool:
    """Return whether somebody wants to know how far a command is."""
    return sys.stderr.isatty() if given.progress is None else bool(given.progress)
