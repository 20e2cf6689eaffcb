"""What nbval cannot see: it compares stored outputs, and so passes a notebook that has none."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from shared.spacetime_server import required_binary, the_server

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|Users|root|tmp|work|private|opt|var)/\w|[A-Z]:\\\\")
MAX_BYTES = 300_000

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def test_there_is_a_first_notebook() -> None:
    assert NOTEBOOKS[0].name == "01_explore_and_travel.ipynb"


@each_notebook
def test_every_code_cell_was_run_in_order(path: Path) -> None:
    counts = [cell["execution_count"] for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@each_notebook
def test_no_cell_ended_in_an_error_or_wrote_to_stderr(path: Path) -> None:
    outputs = [output for cell in code_cells(path) for output in cell["outputs"]]
    assert [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"] == []


@each_notebook
def test_most_code_cells_show_something_to_compare(path: Path) -> None:
    cells = code_cells(path)
    compared = [
        cell
        for cell in cells
        if cell["outputs"] and "nbval-ignore-output" not in cell["metadata"].get("tags", [])
    ]
    assert len(compared) >= len(cells) / 2


@each_notebook
def test_the_kernel_is_named_so_that_no_dialog_asks_for_it(path: Path) -> None:
    assert read(path)["metadata"]["kernelspec"]["name"] == "python3"


@each_notebook
def test_nothing_stored_tells_where_it_was_run(path: Path) -> None:
    assert MACHINE_PATH.findall(path.read_text(encoding="utf-8")) == []


@each_notebook
def test_the_file_stays_small_and_keeps_no_widget_state(path: Path) -> None:
    assert path.stat().st_size < MAX_BYTES
    assert "widgets" not in read(path)["metadata"]


@each_notebook
def test_a_widget_is_stored_as_a_picture_and_not_as_a_model_that_is_gone(path: Path) -> None:
    assert "application/vnd.jupyter.widget-view+json" not in path.read_text(encoding="utf-8")
    assert "image/svg+xml" in path.read_text(encoding="utf-8")


def compared_outputs(notebook: Any) -> list[str]:
    """Return what each of the cells that nbval compares says."""
    return [
        "".join(o["text"] if "text" in o else o["data"]["text/plain"] for o in cell.outputs)
        for cell in notebook.cells
        if cell.cell_type == "code" and "nbval-ignore-output" not in cell.metadata.get("tags", [])
    ]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("03_two_notebooks_one_graph", "through the SpacetimeDB server"),
        ("05_schemas_migration_and_access", "kept on the SpacetimeDB server"),
    ],
)
def test_what_works_on_a_file_works_on_a_server_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    path = next(p for p in NOTEBOOKS if p.stem == name)
    url = the_server().url
    monkeypatch.setenv("NERV_SERVER", url)
    monkeypatch.setenv("NERV_TOKEN_FILE", str(tmp_path / "ada.json"))
    notebook = nbformat.read(path, as_version=4)
    stored = compared_outputs(notebook)
    NotebookClient(notebook, timeout=300).execute()
    assert f"{says} {url}" in str(notebook)
    assert compared_outputs(notebook) == stored


def test_the_notebook_on_operating_goes_on_while_its_server_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = next(p for p in NOTEBOOKS if p.stem == "06_operate_it")
    monkeypatch.setenv("NERV_SPACETIMEDB", required_binary())
    notebook = nbformat.read(path, as_version=4)
    stored = compared_outputs(notebook)
    NotebookClient(notebook, timeout=300).execute()
    assert compared_outputs(notebook) == stored
    said = str(notebook)
    assert "the server is away, and 34 members have taken a side" in said
    assert "all sent: True - waiting now: 0" in said
    assert "the same graph elsewhere: True" in said
