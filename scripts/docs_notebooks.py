"""A hook of mkdocs: the notebooks are pages of the site, with what they have stored."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
ALL = "*.ipynb"
BESIDE = re.compile(r"(\]\([\w-]+)\.ipynb\)")
# In the site, the documentation is not above the notebooks but around them.
DOCS = re.compile(r"(\]\()\.\./docs/")
ELSEWHERE = re.compile(r"(?<!!)\[([^\]]+)\]\(\.\./(?!docs/)[^)]+\)")


def on_config(config: Any) -> Any:
    """Name the pages in the navigation, by the first heading of each notebook."""
    pages = [{_title(path): f"notebooks/{path.stem}.md"} for path in sorted(NOTEBOOKS.glob(ALL))]
    config.nav = [{"Notebooks": pages} if "Notebooks" in entry else entry for entry in config.nav]
    return config


def _title(path: Path) -> str:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "".join(cells[0]["source"]).splitlines()[0].lstrip("# ")


def on_files(files: Files, config: Any) -> Files:
    """Add a page for each notebook, and the pictures it shows."""
    for path in sorted(NOTEBOOKS.glob(ALL)):
        named = {"unique_key": path.stem, "output_files_dir": f"{path.stem}_files"}
        text, resources = MarkdownExporter().from_filename(str(path), resources=named)
        text = BESIDE.sub(r"\1.md)", DOCS.sub(r"\1../", ELSEWHERE.sub(r"\1", text)))
        made = {f"{path.stem}.md": text, **resources["outputs"]}
        for name, content in made.items():
            files.append(File.generated(config, f"notebooks/{name}", content=content))
    return files
