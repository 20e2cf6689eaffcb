"""Reading Markdown as the tests see it: the code it shows, what that promises, where it links."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


def pages() -> list[Path]:
    """Return every page that a user reads."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def python_blocks(text: str) -> list[str]:
    return _BLOCK.findall(text)


def promised(line: str) -> Any:
    """Return the value that the comment of a line starts with, or Ellipsis where it is prose."""
    _, _, comment = line.partition("  # ")
    ends = [len(comment), *(m.start() for m in re.finditer(r": ", comment))]
    for end in sorted(ends, reverse=True):
        try:
            return ast.literal_eval(comment[:end].strip())
        except (SyntaxError, ValueError):
            continue
    return ...


def run_blocks(text: str) -> int:
    """Run the Python blocks of a page one after the other; return how many promises they kept."""
    names: dict[str, Any] = {}
    kept = 0
    for block in python_blocks(text):
        lines = block.splitlines()
        for statement in ast.parse(block).body:
            source = ast.unparse(statement)
            if not isinstance(statement, ast.Expr):
                exec(source, names)
                continue
            value = eval(source, names)
            want = promised(lines[(statement.end_lineno or 1) - 1])
            if want is not ...:
                assert value == want, source
                kept += 1
    return kept


def anchors(text: str) -> set[str]:
    """Return the names under which the headings of a page can be linked to."""
    headings = _HEADING.findall(_FENCE.sub("", text))
    return {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }


def broken_links(page: Path, text: str) -> list[str]:
    """Return the links of a page, to files and headings, that lead nowhere."""
    return [link for link in _LINK.findall(_FENCE.sub("", text)) if _is_broken(page, link)]


def _is_broken(page: Path, link: str) -> bool:
    if "://" in link or link.startswith("mailto:"):
        return False
    name, _, heading = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.is_relative_to(ROOT) or not target.exists():
        return True
    return bool(heading) and heading not in anchors(target.read_text("utf-8"))
