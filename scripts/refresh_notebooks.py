"""Run the notebooks again and store what they show.

A widget is stored as its picture alone: its model ends with the kernel, and a notebook that names
the model greets its reader with an error where the picture could be. `make notebooks`
"""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"
CELL_SECONDS = 60


def run(path: Path) -> None:
    """Run one notebook in its folder and write it back, as small and as lasting as it can be."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/svg+xml" in output.get("data", {}):
                output["data"].pop(WIDGET, None)
    # What else stands there is the machine's: the exact Python, the lexer's name.
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, path)


def main() -> None:
    """Run them all, in the order of their names."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        run(path)
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
