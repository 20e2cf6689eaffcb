from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyterlab.labapp import LabApp
from nbclient import NotebookClient

import nerv_lab as nl
from nerv_lab.cli import main
from nerv_lab.cli.main import make_parser


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return with what JupyterLab was started; none is."""
    calls: list[list[str]] = []
    monkeypatch.setattr(LabApp, "launch_instance", calls.append)
    return calls


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "team.nerv"
    with nl.open(path) as lab:
        lab.add_entity("person", name="Ada", id="ada")
    return path


def test_every_command_that_is_promised_is_there() -> None:
    promised = ["lab", "publish", "verify", "doctor", "backup", "restore", "compact", "migrate"]
    promised += ["export", "import"]
    choices: Any = next(a.choices for a in make_parser()._actions if a.dest == "command")
    assert set(promised) <= choices.keys()


def test_jupyterlab_is_opened_on_a_notebook_whose_cells_show_the_store(
    store: Path, started: list[list[str]]
) -> None:
    assert main(["lab", str(store), "--no-browser", "--port", "9000"]) == 0
    path = store.with_suffix(".ipynb")
    assert started[0][:4] == [
        f"--ServerApp.root_dir={store.parent}",
        "--LabApp.default_url=/lab/tree/team.ipynb",
        "--no-browser",
        "--port=9000",
    ]
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(store.parent)}}
    ).execute()
    (shown,) = notebook.cells[1].outputs
    assert "Ada" in shown["data"]["image/svg+xml"]
    assert "application/vnd.jupyter.widget-view+json" in shown["data"]


def test_a_notebook_that_is_there_is_opened_as_it_is(store: Path, started: list[list[str]]) -> None:
    mine = store.parent / "mine.ipynb"
    mine.write_text("{}")
    assert main(["lab", str(store), "--notebook", str(mine)]) == 0
    assert mine.read_text() == "{}"
    assert "--LabApp.default_url=/lab/tree/mine.ipynb" in started[0]


def test_a_mistyped_store_is_refused_and_a_new_one_is_asked_for(
    tmp_path: Path, started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lab", str(tmp_path / "none.nerv")]) == 2
    assert "there is no store" in capsys.readouterr().err
    assert (started, list(tmp_path.iterdir())) == ([], [])
    assert main(["lab", str(tmp_path / "none.nerv"), "--new"]) == 0
    assert (tmp_path / "none.ipynb").exists()


def test_a_store_on_a_server_has_its_notebook_here(
    tmp_path: Path, started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["lab", "spacetimedb://host:3000/inner-universe"]) == 0
    written = (tmp_path / "inner-universe.ipynb").read_text()
    assert "nl.open('spacetimedb://host:3000/inner-universe')" in written


def test_a_place_that_cannot_be_written_is_refused(
    store: Path, started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lab", str(store), "--notebook", str(store.parent / "no" / "n.ipynb")]) == 2
    assert "notebook: " in capsys.readouterr().err
