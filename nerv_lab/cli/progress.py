"""Telling how far a long command is, on standard error."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Progress", "add_progress", "progress_of", "stages_of"]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Is told what is done, and how much of how much."""


def add_progress(command: argparse.ArgumentParser) -> None:
    """Add the option to a command."""
    command.add_argument(
        "--progress",
        action=argparse.BooleanOptionalAction,
        help="tell on standard error how far it is (default: on a terminal)",
    )


def progress_of(given: argparse.Namespace) -> Progress | None:
    """Return what to tell, or None where nobody wants to know."""
    wanted = sys.stderr.isatty() if given.progress is None else given.progress
    return _tell if wanted else None


def stages_of(given: argparse.Namespace, total: int) -> Callable[[str], None]:
    """Return what to tell that a stage of a command, of so many, is done."""
    progress, done = progress_of(given), 0

    def tell(stage: str) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(stage, done, total)

    return tell


def _tell(section: str, done: int, total: int) -> None:
    end = "\n" if done == total or not sys.stderr.isatty() else "\r"
    sys.stderr.write(f"{section} {done}/{total}{end}")
    sys.stderr.flush()
