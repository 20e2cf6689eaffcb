"""Check that the checked-in front end is what its sources build.

`python scripts/check_bundle.py` compares hashes and needs no Node; with `--rebuild` it builds the
bundle again and compares byte for byte.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import built_files
from build_bundle import BUNDLE, MAX_BYTES, SOURCES, STATIC, build, source_hashes


def problems(record: dict[str, Any]) -> list[str]:
    """Return what does not fit the record."""
    recorded = record["bundle"]["sha256"]
    return built_files.problems(
        STATIC / BUNDLE, recorded, MAX_BYTES, source_hashes(), record["sources"]
    )


def rebuilt_differs() -> bool:
    """Build again and tell whether the result differs."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / BUNDLE
        build(fresh)
        return fresh.read_bytes() != (STATIC / BUNDLE).read_bytes()


if __name__ == "__main__":
    built_files.check(__doc__, STATIC / SOURCES, problems, rebuilt_differs, "build_bundle.py")
