"""What the checked-in bundle and module have in common: files that are built, and their record."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file (hex)."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def hashes(files: Iterable[Path]) -> dict[str, str]:
    """Return the hash of each file, by its path in the repository."""
    return {path.relative_to(ROOT).as_posix(): sha256(path) for path in files}


def problems(
    built: Path, recorded: str, most_bytes: int, now: dict[str, str], then: dict[str, str]
) -> list[str]:
    """Return where a built file and its sources differ from what was recorded of them."""
    found = []
    if sha256(built) != recorded:
        found.append(f"{built.name} is not the recorded one")
    if built.stat().st_size > most_bytes:
        found.append(f"{built.name} has more than {most_bytes} bytes")
    changed = (p for p in sorted(now.keys() | then.keys()) if now.get(p) != then.get(p))
    return [*found, *(f"{path} changed since {built.name} was built" for path in changed)]


def check(
    about: str | None,
    record: Path,
    problems_of: Callable[[dict[str, Any]], list[str]],
    rebuilt_differs: Callable[[], bool],
    builder: str,
) -> None:
    """Print what is wrong, and leave with a failure if anything is."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rebuild", action="store_true", help="build again and compare")
    found = problems_of(json.loads(record.read_text()))
    if parser.parse_args().rebuild and rebuilt_differs():
        found.append("a rebuild gives other bytes")
    for problem in found:
        print(problem)
    sys.exit(f"run scripts/{builder}" if found else 0)
