"""The files around the package agree with each other."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import nerv_lab

ROOT = Path(__file__).resolve().parents[1]
MACHINE_PATH = re.compile(r"(?<![\w.$~}])/(?:home|Users|root|work)/[\w.]+/|/tmp/\w+")
SETS = ("lab", "test", "lint", "docs")

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
needs_git = pytest.mark.skipif(
    shutil.which("git") is None or not (ROOT / ".git").exists(), reason="not a git checkout"
)


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements() -> list[Requirement]:
    # Who uses what an extra is for is told of the extra.
    extras = project()["optional-dependencies"].values()
    return [Requirement(r) for group in (project()["dependencies"], *extras) for r in group]


def pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): Version(version) for name, version in pairs}


def dry_run(*arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL"}}
    command = ["make", "--no-print-directory", "-n", "VENV=no-such-venv", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def top_level_imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"nerv_lab"}


def test_the_readme_shows_both_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make lab" in readme
    assert "make test" in readme


def test_the_folders_on_the_map_of_the_readme_are_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    folders = re.findall(r"^\| `([\w/]+)/` \|", readme, re.MULTILINE)
    assert "nerv_lab/core" in folders
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []


def test_every_requirement_has_a_lower_and_an_upper_bound() -> None:
    bounds = {r.name: {spec.operator for spec in r.specifier} for r in requirements()}
    # Versions within the bounds may be left out, where a fix came later to the newer line.
    assert {name for name, found in bounds.items() if found - {"!="} != {">=", "<"}} == set()


def test_every_requirement_is_pinned_within_its_bounds() -> None:
    pinned = pins()
    wrong = [str(r) for r in requirements() if pinned[canonicalize_name(r.name)] not in r.specifier]
    assert wrong == []


def test_what_the_package_imports_is_required() -> None:
    by_module = metadata.packages_distributions()
    # Whoever imports what is for tests has pytest.
    modules = set((ROOT / "nerv_lab").rglob("*.py")) - {ROOT / "nerv_lab" / "testing.py"}
    imported = set().union(*map(top_level_imports, modules))
    extras = project()["optional-dependencies"]
    offered = [
        r for name in extras.keys() - {"bench", "docs", "lint", "test"} for r in extras[name]
    ]
    required = {
        canonicalize_name(Requirement(requirement).name)
        for requirement in (*project()["dependencies"], *offered)
    }
    undeclared = {
        module
        for module in imported
        if not required & {canonicalize_name(name) for name in by_module.get(module, [])}
    }
    assert undeclared == set()


def test_constraints_hold_plain_pins_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    plain = re.compile(r"#.*|[A-Za-z0-9._-]+==[0-9][\w.!+]*")
    assert [line for line in lines if not plain.fullmatch(line)] == []


def test_every_pin_that_is_installed_works_on_the_first_python_that_is_promised() -> None:
    first = f"{project()['requires-python'].removeprefix('>=')}.0"
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line}
    told = {d.name: dict(d.metadata.items()) for d in metadata.distributions()}
    wanted = {
        name: fields["Requires-Python"]
        for name, fields in told.items()
        if canonicalize_name(name) in pins and "Requires-Python" in fields
    }
    assert len(wanted) > 100
    assert {n: w for n, w in wanted.items() if first not in SpecifierSet(w)} == {}


def test_the_installed_package_is_this_one() -> None:
    assert metadata.version("nerv-lab") == nerv_lab.__version__ == project()["version"]


def test_every_command_of_the_package_can_be_loaded() -> None:
    scripts = metadata.distribution("nerv-lab").entry_points.select(group="console_scripts")
    assert {script.name for script in scripts} == set(project().get("scripts", {}))
    assert all(callable(script.load()) for script in scripts)


@needs_make
def test_make_alone_lists_the_targets() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = {"lab", "test", "lint", "docs", "notebooks", "bundle", "help"}
    assert targets <= set(re.findall(r"make (\w+)", shown))


@needs_make
def test_make_lab_installs_with_constraints_and_opens_the_first_notebook() -> None:
    planned = dry_run("lab", "LAB_ARGS=--no-browser --port 9000", "PYTHON=some-python")
    assert "some-python -m venv no-such-venv" in planned
    assert '-c constraints.txt -e "."' in planned
    opened = planned.strip().splitlines()[-1]
    assert opened.startswith("no-such-venv/bin/jupyter lab ")
    assert "/lab/tree/notebooks/01_explore_and_travel.ipynb" in opened
    assert opened.endswith(" --no-browser --port 9000")


@needs_make
def test_make_test_runs_the_tests_and_compares_the_notebooks() -> None:
    planned = dry_run("test").strip().splitlines()
    assert '-c constraints.txt -e ".[test]"' in "\n".join(planned)
    assert {"pytest", "-rs", "--nbval", "tests", "notebooks"} <= set(planned[-1].split())


@needs_make
@pytest.mark.parametrize("wanted", SETS)
def test_an_environment_that_is_up_to_date_is_left_alone(wanted: str, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pip").touch()
    (tmp_path / f".{wanted}").touch()
    assert "pip install" not in dry_run(wanted, f"VENV={tmp_path}")


@needs_make
@pytest.mark.parametrize("target", ["lab", "test"])
def test_a_user_needs_neither_node_nor_a_browser(target: str) -> None:
    assert not re.search(r"npm|node\b|cargo|chromium|docker", dry_run(target))


@pytest.mark.parametrize("script", [".ci/run", "binder/postBuild", "binder/start"])
def test_scripts_are_executable_and_stop_at_the_first_error(script: str) -> None:
    path = ROOT / script
    assert os.access(path, os.X_OK)
    assert re.search(r"^set -e", path.read_text(encoding="utf-8"), re.MULTILINE)
    subprocess.run(["bash", "-n", str(path)], check=True)


@needs_git
def test_no_tracked_text_names_a_folder_of_somebodys_machine() -> None:
    found = {}
    for path in tracked_files():
        if path.suffix in {".png", ".wasm", ".db"} or not path.is_file():
            continue
        if hits := MACHINE_PATH.findall(path.read_text(encoding="utf-8", errors="replace")):
            found[path.relative_to(ROOT).as_posix()] = hits[:3]
    assert found == {}
