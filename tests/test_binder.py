"""What mybinder.org would do with this repository, as far as that goes without a network."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BINDER = ROOT / "binder"
NOTES = """#!/bin/bash
echo "${0##*/} $*" >>"$NOTES"
"""


@pytest.fixture(scope="module")
def plan() -> str:
    """Return the Dockerfile that repo2docker makes of this repository."""
    repo2docker = Path(sys.executable).with_name("jupyter-repo2docker")
    done = subprocess.run(
        [str(repo2docker), "--no-build", "--debug", "--user-id", "1000", "--user-name", "u", ROOT],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return done.stdout + done.stderr


def programs(folder: Path, *names: str) -> dict[str, str]:
    """Make programs that note how they were called; return an environment that finds them."""
    for name in names:
        program = folder / name
        program.write_text(NOTES)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    home = folder / "home"
    home.mkdir()
    # With nothing else on the path than what every system has.
    path = f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"
    return {"PATH": path, "NOTES": str(folder / "notes"), "HOME": str(home)}


def test_every_file_of_the_folder_is_in_the_plan(plan: str) -> None:
    assert "RUN ./binder/postBuild" in plan
    assert 'ENV R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in plan
    python = (BINDER / "runtime.txt").read_text().strip().removeprefix("python-")
    escaped = python.replace(".", "-2e")
    assert f"environment-2epy-2d{escaped}-2d" in plan  # as it quotes environment.py-3.11-
    assert {path.name for path in BINDER.iterdir()} == {"postBuild", "runtime.txt", "start"}


def test_nothing_but_the_build_script_installs_this_package(plan: str) -> None:
    last = plan.partition("# Copy stuff.")[2]
    assert re.findall(r"^RUN .*$", last, re.MULTILINE) == [
        "RUN chmod +x binder/postBuild",
        "RUN ./binder/postBuild",
        'RUN chmod +x "${REPO_DIR}/binder/start"',
    ]


def test_the_build_installs_the_tested_versions_and_trusts_the_notebooks(tmp_path: Path) -> None:
    environment = programs(tmp_path, "python", "jupyter")
    subprocess.run([str(BINDER / "postBuild")], cwd=ROOT, env=environment, check=True)
    install, trust = (tmp_path / "notes").read_text().splitlines()
    assert install == "python -m pip install --no-cache-dir -c constraints.txt ."
    notebooks = sorted(f"notebooks/{p.name}" for p in (ROOT / "notebooks").glob("*.ipynb"))
    assert trust.split() == ["jupyter", "trust", *notebooks]
    assert (ROOT / "constraints.txt").exists()


def test_a_build_that_fails_is_no_image(tmp_path: Path) -> None:
    environment = programs(tmp_path, "jupyter")
    (tmp_path / "python").write_text("#!/bin/bash\nexit 3\n")
    (tmp_path / "python").chmod(0o755)
    done = subprocess.run([str(BINDER / "postBuild")], cwd=ROOT, env=environment, check=False)
    assert done.returncode == 3
    assert not (tmp_path / "notes").exists()


@pytest.mark.parametrize("with_server", [False, True])
def test_a_session_has_a_server_where_the_image_holds_one(
    tmp_path: Path, with_server: bool
) -> None:
    environment = programs(tmp_path, *(["spacetimedb-standalone"] if with_server else []))
    shown = [
        "bash",
        "-c",
        'wait; echo "${NERV_SERVER-none} $PYTHONDONTWRITEBYTECODE $1"',
        "x",
        "a b",
    ]
    done = subprocess.run(
        [str(BINDER / "start"), *shown], env=environment, capture_output=True, text=True, check=True
    )
    server = "http://127.0.0.1:3000" if with_server else "none"
    assert done.stdout == f"{server} 1 a b\n"
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no bash")
def test_the_server_of_a_session_is_started_as_it_wants(tmp_path: Path) -> None:
    environment = programs(tmp_path, "spacetimedb-standalone")
    # exec keeps the process, and so its child can be waited for.
    waiting = ["bash", "-c", 'until [ -s "$NOTES" ]; do :; done']
    subprocess.run([str(BINDER / "start"), *waiting], env=environment, check=True, timeout=300)
    place = tmp_path / "home" / ".local" / "share" / "nerv-lab" / "spacetimedb"
    assert (tmp_path / "notes").read_text() == (
        f"spacetimedb-standalone start -l 127.0.0.1:3000 --data-dir {place}/data "
        f"--jwt-pub-key-path {place}/key.pub --jwt-priv-key-path {place}/key\n"
    )
