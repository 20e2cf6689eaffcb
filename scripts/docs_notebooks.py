"""A hook of mkdocs: the notebooks are pages of the site, with what they have stored."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files
from nbconvert import MarkdownExporter

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
BESIDE = re.compile(r"(\]\([\w-]+)\.ipynb\)")
# In the site, the documentation is not above the notebooks but around them.
DOCS = re.compile(r"(\]\()\.\./docs/")
ELSEWHERE = re.compile(r"(?<!!)\[([^\]]+)\]\(\.\./(?!docs/)[^)]+\)")


def on_files(files: Files, config: Any) -> Files:
    """Add a page for each notebook, and the pictures it shows."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        named = {"unique_key": path.stem, "output_files_dir": f"{path.stem}_files"}
        text, resources = MarkdownExporter().from_filename(str(path), resources=named)
        text = BESIDE.sub(r"\1.md)", DOCS.sub(r"\1../", ELSEWHERE.sub(r"\1", text)))
        made = {f"{path.stem}.md": text, **resources["outputs"]}
        for name, content in made.items():
            files.append(File.generated(config, f"notebooks/{name}", content=content))
    return files
