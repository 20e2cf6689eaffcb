"""Install the wheel into an environment of every other Python that is here, and try it there.

An environment is kept in a folder, and only brought up to date the next time. `make pythons`
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIRST = (3, 11)
ASK = "import ensurepip, sys, venv; print(*sys.version_info[:2], sys.version_info.releaselevel)"
PLACES = (
    (Path.home() / ".pyenv" / "versions", "*/bin/python"),
    (Path("/usr/bin"), "python3.*[0-9]"),
    (Path("/usr/local/bin"), "python3.*[0-9]"),
)


def pythons() -> dict[tuple[int, int], Path]:
    """Return one Python of each version that is new enough, without this one."""
    found: dict[tuple[int, int], Path] = {}
    for path in (path for place, names in PLACES for path in sorted(place.glob(names))):
        asked = subprocess.run([path, "-c", ASK], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            major, minor, level = asked.stdout.split()
            if level == "final" and (int(major), int(minor)) >= FIRST:
                found.setdefault((int(major), int(minor)), path)
    found.pop(sys.version_info[:2], None)
    return found


def build(folder: Path) -> Path:
    """Build the wheel and return it."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    return wheel


def smoke(base: Path, environment: Path, wheel: Path) -> None:
    """Try the wheel on one Python."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([str(base), "-m", "venv", str(environment)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pinned = ["-c", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, *pinned, str(wheel)], check=True)
    # The version of the package stays the same from build to build.
    subprocess.run([*pip, "--no-deps", "--force-reinstall", str(wheel)], check=True)
    subprocess.run([str(python), "-I", str(ROOT / "scripts" / "smoke.py")], check=True)


def main() -> None:
    """Try them all; the argument is the folder in which environments are kept."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "pythons")
    folder.mkdir(parents=True, exist_ok=True)
    others = pythons()
    if not others:
        print(f"skipped: Python {sys.version_info[0]}.{sys.version_info[1]} is the only one here")
        return
    for old in folder.glob("*.whl"):
        old.unlink()
    wheel = build(folder)
    for (major, minor), base in sorted(others.items()):
        smoke(base, folder / f"{major}.{minor}", wheel)


if __name__ == "__main__":
    main()
