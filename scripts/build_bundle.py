"""Build the front end into nerv_lab/widgets/static, with its sources' hashes and its licences.

Needs Node 20 and npm. `python scripts/build_bundle.py`
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from built_files import ROOT, hashes, sha256

JS = ROOT / "js"
STATIC = ROOT / "nerv_lab" / "widgets" / "static"
BUNDLE = "widget.js"
LICENSES = "THIRD_PARTY_LICENSES.txt"
SOURCES = "SOURCES.json"
MAX_BYTES = 300_000


def source_files() -> list[Path]:
    """Return every file the bundle is built from, dependencies apart."""
    named = [JS / name for name in ("build.mjs", "package.json", "package-lock.json")]
    return sorted([*named, *(path for path in (JS / "src").rglob("*") if path.is_file())])


def source_hashes() -> dict[str, str]:
    """Return the hash of each source file, by its path in the repository."""
    return hashes(source_files())


def build(bundle: Path) -> list[str]:
    """Write the bundle and return the names of the packages that are in it."""
    if not (JS / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=JS, check=True)
    done = subprocess.run(
        ["node", "build.mjs", str(bundle)], cwd=JS, check=True, capture_output=True, text=True
    )
    names = set()
    for path in json.loads(done.stdout):
        if "node_modules/" in path:
            parts = path.split("node_modules/")[-1].split("/")
            names.add("/".join(parts[:2]) if parts[0].startswith("@") else parts[0])
    return sorted(names)


def package(name: str) -> dict[str, Any]:
    """Return the manifest of an installed package."""
    manifest: dict[str, Any] = json.loads((JS / "node_modules" / name / "package.json").read_text())
    return manifest


def license_text(name: str) -> str:
    """Return the notice a package asks to be passed on."""
    folder = JS / "node_modules" / name
    found = sorted(p for p in folder.iterdir() if p.name.lower().startswith("licen"))
    if not found:
        raise SystemExit(f"{name} has no licence file; look for its terms before bundling it")
    return found[0].read_text().strip()


def notices(names: list[str]) -> str:
    """Return the notices of all bundled packages."""
    texts = [
        f"{name} {package(name)['version']} ({package(name)['license']})\n\n{license_text(name)}\n"
        for name in names
    ]
    return f"\n{'-' * 80}\n\n".join(texts)


def main() -> None:
    """Build, and say how large it became."""
    STATIC.mkdir(exist_ok=True)
    bundle = STATIC / BUNDLE
    names = build(bundle)
    size = bundle.stat().st_size
    (STATIC / LICENSES).write_text(notices(names))
    record = {
        "bundle": {"file": BUNDLE, "bytes": size, "sha256": sha256(bundle)},
        "packages": {name: package(name)["version"] for name in [*names, "esbuild", "terser"]},
        "sources": source_hashes(),
    }
    (STATIC / SOURCES).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
    print(f"{bundle.relative_to(ROOT)}: {size} bytes, {len(names)} packages")
    if size > MAX_BYTES:
        sys.exit(f"the bundle may have at most {MAX_BYTES} bytes")


if __name__ == "__main__":
    main()
