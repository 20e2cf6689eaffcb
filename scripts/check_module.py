"""Check that the checked-in SpacetimeDB module is what its sources build.

`python scripts/check_module.py` compares hashes and needs no Rust; with `--rebuild` it builds the
module again and compares byte for byte, which takes the Rust release that the record names.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from build_module import (
    MAX_BYTES,
    MODULE,
    PACKAGED,
    SOURCES,
    build,
    machine_paths,
    sha256,
    source_hashes,
)


def problems(record: dict[str, Any]) -> list[str]:
    """Return what does not fit the record."""
    found = []
    module = PACKAGED / MODULE
    if sha256(module) != record["module"]["sha256"]:
        found.append(f"{MODULE} is not the recorded module")
    if module.stat().st_size > MAX_BYTES:
        found.append(f"{MODULE} has more than {MAX_BYTES} bytes")
    found.extend(f"{MODULE} holds a path: {path}" for path in machine_paths(module.read_bytes()))
    now, then = source_hashes(), record["sources"]
    changed = (p for p in sorted(now.keys() | then.keys()) if now.get(p) != then.get(p))
    found.extend(f"{path} changed since the module was built" for path in changed)
    return found


def rebuilt_differs() -> bool:
    """Build again and tell whether the result differs."""
    with tempfile.TemporaryDirectory() as folder:
        return build(Path(folder).resolve()).read_bytes() != (PACKAGED / MODULE).read_bytes()


def main() -> None:
    """Print what is wrong, and fail if anything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rebuild", action="store_true", help="build again and compare (Rust)")
    found = problems(json.loads((PACKAGED / SOURCES).read_text()))
    if parser.parse_args().rebuild and rebuilt_differs():
        found.append("a rebuild gives other bytes")
    for problem in found:
        print(problem)
    sys.exit("run scripts/build_module.py" if found else 0)


if __name__ == "__main__":
    main()
