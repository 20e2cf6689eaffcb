"""A hook of mkdocs: what a page names of the repository is shown by its path.

Pages link to tests and sources, so that the links can be followed in the repository and are checked
there. The site holds the pages and the notebooks alone; on it any other such link is its text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)\s]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: Any) -> str:
    """Replace the links that lead out of the folder of the documentation by their text."""
    docs = Path(config.docs_dir).resolve()
    folder = (docs / page.file.src_uri).parent

    def shown(link: re.Match[str]) -> str:
        target = (folder / link[2]).resolve()
        if target.suffix == ".ipynb":
            place = os.path.relpath(docs / "notebooks" / f"{target.stem}.md", folder)
            return f"[{link[1]}]({place})"
        return link[0] if target.is_relative_to(docs) else link[1]

    return LINK.sub(shown, markdown)
