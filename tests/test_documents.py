"""What README and documentation show runs, keeps its promises, and leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from shared.documents import (
    DOCS,
    ROOT,
    anchors,
    broken_links,
    pages,
    promised,
    python_blocks,
    run_blocks,
)
from shared.spacetime_server import new_database, the_server

from nerv_lab.cli.main import make_parser
from nerv_lab.magics.commands import help_on

SERVER, DATABASE = "127.0.0.1:3000", "inner-universe"
WITH_CODE = [page for page in pages() if python_blocks(page.read_text("utf-8"))]
ON_A_SERVER = {
    DOCS / "spacetimedb.md",
    DOCS / "how-to" / "share-on-a-server.md",
    DOCS / "how-to" / "work-offline.md",
}


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder, in which the test runs, and where tokens are kept too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NERV_TOKEN_FILE", str(tmp_path / "tokens.json"))
    monkeypatch.setenv("NERV_OUTBOX_FOLDER", str(tmp_path / "outboxes"))
    return tmp_path


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


def test_a_broken_promise_is_found(workplace: Path) -> None:
    assert run_blocks("```python\n1 + 1  # 2\n```\n") == 1
    with pytest.raises(AssertionError):
        run_blocks("```python\n1 + 1  # 3\n```\n")


@pytest.mark.parametrize("page", sorted({*WITH_CODE} - ON_A_SERVER), ids=named)
def test_the_code_of_a_page_runs_and_keeps_its_promises(page: Path, workplace: Path) -> None:
    assert run_blocks(page.read_text("utf-8")) > 0


@pytest.mark.parametrize("page", sorted(ON_A_SERVER), ids=named)
def test_the_code_of_a_page_about_servers_runs_on_one(page: Path, workplace: Path) -> None:
    server, database = the_server(), new_database()
    text = page.read_text("utf-8").replace(SERVER, f"127.0.0.1:{server.port}")
    assert run_blocks(text.replace(DATABASE, database)) > 0


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    assert broken_links(page, page.read_text("utf-8")) == []


def test_the_page_of_commands_lists_them_all() -> None:
    page = (DOCS / "reference" / "commands.md").read_text("utf-8")
    commands: Any = next(a for a in make_parser()._actions if a.dest == "command")
    for action in commands._choices_actions:
        assert re.search(rf"^\| `nerv-lab {action.dest} .*` \| ", page, re.MULTILINE)
        assert f"| {action.help} |" in page
    assert f"```text\n{help_on()}\n```" in page


def test_a_link_to_a_missing_file_or_heading_is_found() -> None:
    text = "[a](missing.md) [b](concepts.md#a-graph) [c](concepts.md#no-such) [d](https://x.y)"
    assert broken_links(DOCS / "index.md", text) == ["missing.md", "concepts.md#no-such"]


def test_headings_are_linked_to_by_their_words() -> None:
    assert anchors("# `nl.open`, now\n```\n# code\n```\n") == {"nlopen-now"}
