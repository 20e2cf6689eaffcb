from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def python_blocks(path: Path) -> list[str]:
    return BLOCK.findall(path.read_text(encoding="utf-8"))


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


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("x  # {'a': 1}: told, and why", {"a": 1}),
        ("x  # 3", 3),
        ("x  # a new version", ...),
        ("x", ...),
    ],
)
def test_a_promise_is_the_value_that_a_comment_starts_with(line: str, value: Any) -> None:
    assert promised(line) == value


def test_the_readme_example_runs_and_keeps_its_promises(
    project_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    kept = 0
    for block in python_blocks(project_root / "README.md"):
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
    assert kept >= 3
