"""The explorer of a Lab on a SpacetimeDB server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.spacetime_server import new_database, the_server

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


def test_what_another_client_does_on_the_server_is_painted(
    notebook: Callable[..., Any], tmp_path: Path
) -> None:
    tokens = tmp_path / "tokens.json"
    uri = publish_module(the_server().url, new_database(), tokens=TokenFile(tokens))
    book = notebook(OPEN.format(tokens=str(tokens), uri=uri), "explorer")
    root = book.wait(nodes=1, version="v1")
    backend = root.locator(".nerv-backend")
    assert "SpacetimeDB" in backend.inner_text()
    assert backend.get_attribute("data-state") == "connected"
    environment = {**os.environ, "NERV_TOKEN_FILE": str(tokens)}
    subprocess.run([sys.executable, "-c", ELSEWHERE, uri], check=True, timeout=60, env=environment)
    book.wait(nodes=2, version="v2")
    book.run("assert lab.head.description == 'by another client'")


def test_a_commit_by_button_is_one_on_the_server(
    notebook: Callable[..., Any], tmp_path: Path
) -> None:
    tokens = tmp_path / "tokens.json"
    uri = publish_module(the_server().url, new_database(), tokens=TokenFile(tokens))
    book = notebook(OPEN.format(tokens=str(tokens), uri=uri), "explorer")
    root = book.wait(nodes=1, version="v1")
    book.run("lab.update(ada, properties={'born': 1815});")
    root.get_by_label("Description of the commit").fill("a year")
    root.get_by_role("button", name="Commit", exact=True).click()
    book.wait(version="v2")
    book.run("assert lab.head.description == 'a year'")
