from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nerv_lab

ROOT = Path(nerv_lab.__file__).parents[1]


def test_the_bundle_is_what_its_sources_built() -> None:
    script = ROOT / "scripts" / "check_bundle.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_notices_of_all_bundled_packages_are_beside_it() -> None:
    text = (ROOT / "nerv_lab/widgets/static/THIRD_PARTY_LICENSES.txt").read_text()
    for name in ("graphology-layout-forceatlas2", "d3-time", "@msgpack/msgpack"):
        assert f"{name} " in text
