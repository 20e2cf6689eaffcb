"""The explorer of a Lab on a SpacetimeDB server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shared.breaking_proxy import breaking_proxy
from shared.spacetime_server import new_database, the_server

import nerv_lab as nl
from nerv_lab.inner_universe import InnerUniverseConfig
from nerv_lab.inner_universe.spacetime import publish_module
from nerv_lab.inner_universe.spacetime.tokens import TokenFile

OPEN = """\
import os
os.environ["NERV_TOKEN_FILE"] = {tokens!r}
import nerv_lab as nl

lab = nl.open({uri!r})
ada = lab.add_entity("person", name="Ada")
lab.commit("first facts")
explorer = lab.explorer()
"""
ELSEWHERE = """\
import sys
import nerv_lab as nl

with nl.open(sys.argv[1]) as lab:
    lab.add_entity("person", name="Eve")
    lab.commit("by another client")
"""


def _opened(notebook: Callable[..., Any], folder: Path) -> tuple[Any, str, Path]:
    """Return a notebook on a database of its own, the address of that and who made it."""
    tokens = folder / "tokens.json"
    uri = publish_module(the_server().url, new_database(), tokens=TokenFile(tokens))
    return notebook(OPEN.format(tokens=str(tokens), uri=uri), "explorer"), uri, tokens


def test_what_another_client_does_on_the_server_is_painted(
    notebook: Callable[..., Any], tmp_path: Path
) -> None:
    book, uri, tokens = _opened(notebook, tmp_path)
    root = book.wait(nodes=1, version="v1")
    backend = root.locator(".nerv-backend")
    assert "SpacetimeDB" in backend.inner_text()
    assert backend.get_attribute("data-state") == "connected"
    environment = {**os.environ, "NERV_TOKEN_FILE": str(tokens)}
    subprocess.run([sys.executable, "-c", ELSEWHERE, uri], check=True, timeout=300, env=environment)
    book.wait(nodes=2, version="v2")
    book.run("assert lab.head.description == 'by another client'")


TAG = """\
import sys
import nerv_lab as nl

with nl.open(sys.argv[1]) as lab:
    lab.tag("release", "v1")
"""


@pytest.mark.parametrize("place", ["file", "server"])
def test_a_tag_that_another_process_sets_is_shown(
    bench: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("NERV_TOKEN_FILE", str(tmp_path / "tokens.json"))
    uri = str(tmp_path / "team.nerv")
    if place == "server":
        uri = publish_module(the_server().url, new_database())
    with nl.open(uri) as lab:
        lab.add_entity("person", name="Ada")
        lab.commit("first facts")
        table = bench(lab)
        mark = table.root.locator(".nerv-mark[data-label=v1]")
        mark.wait_for()
        assert not mark.get_attribute("data-tags")
        subprocess.run([sys.executable, "-c", TAG, uri], check=True, timeout=60)
        table.root.locator(".nerv-mark[data-label=v1][data-tags=release]").wait_for()
        table.root.get_by_text("release").wait_for()


def test_a_commit_by_button_is_one_on_the_server(
    notebook: Callable[..., Any], tmp_path: Path
) -> None:
    book, _, _ = _opened(notebook, tmp_path)
    root = book.wait(nodes=1, version="v1")
    book.run("lab.update(ada, properties={'born': 1815});")
    root.get_by_label("Description of the commit").fill("a year")
    root.get_by_role("button", name="Commit", exact=True).click()
    book.wait(version="v2")
    book.run("assert lab.head.description == 'a year'")


def test_what_waits_for_a_server_that_is_away_is_said_in_words(
    bench: Callable[..., Any], tmp_path: Path
) -> None:
    tokens = TokenFile(tmp_path / "tokens.json")
    direct = publish_module(the_server().url, new_database(), tokens=tokens)
    with breaking_proxy(the_server().port) as proxy:
        uri = direct.replace(f":{the_server().port}/", f":{proxy.port}/")
        config = InnerUniverseConfig(
            token_file=tokens.path, outbox_folder=tmp_path / "outboxes", offline_after=0.1
        )
        somebody = InnerUniverseConfig(token_file=tmp_path / "others.json")
        with (
            nl.open(uri, config=config, offline="queue") as lab,
            nl.open(direct, config=somebody) as other,
        ):
            lab.add_entity("person", id="ada", name="Ada")
            lab.commit("first")
            table = bench(lab)
            backend = table.root.locator(".nerv-backend")
            queued = table.root.locator(".nerv-queued")
            news = table.root.locator(".nerv-store-news")
            assert "offline" not in backend.inner_text()
            assert queued.count() == 0

            proxy.shut()
            lab.update("ada", name="Ada Lovelace")
            lab.add_entity("person", id="byron")
            lab.add_entity("person", id="babbage")
            waiting = queued.get_by_text("3 waiting for the server", exact=True)
            table.until(waiting.is_visible)
            assert backend.inner_text().endswith("offline")
            assert news.inner_text().startswith("Offline: ")

            other.refresh()
            other.update("ada", name="Augusta Ada")
            proxy.open()
            assert lab.outbox.wait(300)
            to_decide = queued.get_by_text("1 for you to decide", exact=True)
            table.until(to_decide.is_visible)
            assert queued.count() == 1
            assert "offline" not in backend.inner_text()
            assert "for you to decide" in news.inner_text()

            lab.refresh()
            (fork,) = lab.outbox.conflicts
            lab.outbox.resolve(fork, "theirs")
            table.until(lambda: queued.count() == 0)
