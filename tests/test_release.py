"""What is released holds what it should, and works where only its dependencies are."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "nerv_lab" / "widgets" / "static"
SMOKE = ROOT / "scripts" / "smoke.py"


def build(source: Path, target: str, folder: Path) -> Path:
    """Build one distribution, without a network, by the backend that is installed."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=300)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, "sdist", tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel that is built of the sdist alone, as installers do."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        # The first Pythons of 3.11 know no filters; later ones warn where none is chosen.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(unpacked)
    (source,) = unpacked.iterdir()
    return build(source, "wheel", tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_types_bundle_and_module_and_nothing_beside_the_package(
    wheel: Path,
) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    bundle = {f"nerv_lab/widgets/static/{path.name}" for path in STATIC.iterdir()}
    assert bundle
    wanted = {"nerv_lab/py.typed", "nerv_lab/inner_universe/spacetime/module.wasm"} | bundle
    assert wanted - names == set()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"nerv_lab"}


def test_the_sdist_holds_sources_tests_and_documentation(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"nerv_lab/py.typed", "tests/test_release.py", "docs/index.md", "LICENSE", "README.md"}
    assert wanted - names == set()
    assert not any("node_modules" in name for name in names)


def test_the_wheel_works_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    if sys.platform == "win32":
        python = tmp_path / "venv" / "Scripts" / "python.exe"
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    where = ["--no-deps", "--no-index", "--target", packages, str(wheel)]
    subprocess.run([*pip, *where], check=True, capture_output=True, timeout=300)
    # The dependencies are those that are installed here; of a .pth in them nothing is followed.
    (Path(packages) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    subprocess.run([str(python), "-I", str(SMOKE)], check=True, cwd=tmp_path, timeout=300)
