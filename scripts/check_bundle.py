"""Check that the checked-in front end is what its sources build.

`python scripts/check_bundle.py` compares hashes and needs no Node; with `--rebuild` it builds the
bundle again and compares byte for byte.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from build_bundle import BUNDLE, MAX_BYTES, SOURCES, STATIC, build, sha256, source_hashes


def problems(record: dict[str, Any]) -> list[str]:
    """Return what does not fit the record."""
    found = []
    bundle = STATIC / BUNDLE
    if sha256(bundle) != record["bundle"]["sha256"]:
        found.append(f"{BUNDLE} is not the recorded bundle")
    if bundle.stat().st_size > MAX_BYTES:
        found.append(f"{BUNDLE} has more than {MAX_BYTES} bytes")
    now, then = source_hashes(), record["sources"]
    changed = [p for p in sorted(now.keys() | then.keys()) if now.get(p) != then.get(p)]
    return [*found, *(f"{path} changed since the bundle was built" for path in changed)]


def rebuilt_differs() -> bool:
    """Build again and tell whether the result differs."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / BUNDLE
        build(fresh)
        return fresh.read_bytes() != (STATIC / BUNDLE).read_bytes()


def main() -> None:
    """Print what is wrong, and fail if anything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rebuild", action="store_true", help="build again and compare (Node)")
    found = problems(json.loads((STATIC / SOURCES).read_text()))
    if parser.parse_args().rebuild and rebuilt_differs():
        found.append("a rebuild gives other bytes")
    for problem in found:
        print(problem)
    sys.exit("run scripts/build_bundle.py" if found else 0)


if __name__ == "__main__":
    main()
