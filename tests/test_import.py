"""Importing the package does nothing but import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("pandas", "networkx", "pyvis", "anywidget", "ipywidgets", "IPython", "pydantic")

# Run in a process of its own, which reports what the import did.
PROBE = """
import json, sys, threading

watched = ("open", "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn",
           "sqlite3.", "_thread.start_new_thread", "os.mkdir", "os.remove", "os.rename",
           "shutil.", "tempfile.")
seen = []

def watch(event, arguments):
    if event.startswith(watched) and len(seen) < 10_000:
        seen.append([event, [str(a) for a in arguments]])

sys.addaudithook(watch)
import nerv_lab
done = list(seen)
json.dump({"seen": done, "modules": sorted(sys.modules), "threads": threading.active_count()},
          sys.stdout)
"""


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    command = [sys.executable, "-W", "error", "-c", PROBE]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_starts_no_thread(report: dict[str, Any]) -> None:
    assert report["threads"] == 1
    assert [e for e, _ in report["seen"] if e.startswith("_thread")] == []


def test_it_opens_no_socket_process_or_database(report: dict[str, Any]) -> None:
    others = [e for e, _ in report["seen"] if not e.startswith(("open", "_thread"))]
    assert others == []


def test_it_opens_no_file_but_python_modules_and_what_they_ship(report: dict[str, Any]) -> None:
    places = {str(Path(p).resolve()) for p in (*sysconfig.get_paths().values(), sys.prefix, ROOT)}
    places |= {str(Path(sys.base_prefix).resolve()), str(Path(sys.base_exec_prefix).resolve())}
    opened = [arguments for event, arguments in report["seen"] if event == "open"]
    elsewhere = [
        path
        for path, mode, _ in opened
        if not str(Path(path).resolve()).startswith(tuple(places))
        or not (mode in ("r", "rb", "None") or "__pycache__" in path)
    ]
    assert elsewhere == []


@pytest.mark.parametrize("package", HEAVY)
def test_it_leaves_heavy_packages_to_those_who_use_them(
    report: dict[str, Any], package: str
) -> None:
    assert package not in report["modules"]


@pytest.mark.parametrize("package", ["pydantic", "pydantic_settings", "pandas", "networkx"])
def test_a_graph_in_memory_needs_no_more(package: str) -> None:
    """Opening and filling it loads nothing that only settings and tables need."""
    code = (
        "import sys, nerv_lab as nl; nl.open().add_entity('person', 'Ada'); "
        f"print({package!r} in sys.modules)"
    )
    plain = {name: value for name, value in os.environ.items() if "NERV_" not in name.upper()}
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(
        command, cwd=ROOT, env=plain, capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout == "False\n"
