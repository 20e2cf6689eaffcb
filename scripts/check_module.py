"""Check that the checked-in SpacetimeDB module is what its sources build.

`python scripts/check_module.py` compares hashes and needs no Rust; with `--rebuild` it builds the
module again and compares byte for byte, which takes the Rust release that the record names.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import built_files
from build_module import (
    MAX_BYTES,
    MODULE,
    PACKAGED,
    SOURCES,
    build,
    machine_paths,
    source_hashes,
)


def problems(record: dict[str, Any]) -> list[str]:
    """Return what does not fit the record."""
    module = PACKAGED / MODULE
    recorded = record["module"]["sha256"]
    found = built_files.problems(module, recorded, MAX_BYTES, source_hashes(), record["sources"])
    told = machine_paths(module.read_bytes())
    return [*found, *(f"{MODULE} holds a path: {path}" for path in told)]


def rebuilt_differs() -> bool:
    """Build again and tell whether the result differs."""
    with tempfile.TemporaryDirectory() as folder:
        return build(Path(folder).resolve()).read_bytes() != (PACKAGED / MODULE).read_bytes()


if __name__ == "__main__":
    built_files.check(__doc__, PACKAGED / SOURCES, problems, rebuilt_differs, "build_module.py")
