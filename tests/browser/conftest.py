"""A real JupyterLab in a real Chromium; skipped, with the reason, where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from shared.bench import Bench
from shared.jupyterlab import (
    Notebook,
    another_context,
    chromium_context,
    jupyterlab,
    open_notebook,
    refuse,
    shut_down,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")  # not longer: playwright's loop is in the way of async tests
def chromium() -> Iterator[Any]:
    # One context for all: its cache spares each test the download of JupyterLab.
    with chromium_context() as context:
        yield context


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab of our own, and the folder it serves."""
    with jupyterlab(tmp_path_factory.mktemp("jupyter")) as served:
        yield served


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A page whose clock and network no other page shares."""
    with another_context(chromium.browser) as context:
        yield context.new_page()


@pytest.fixture
def bench(page: Any) -> Iterator[Callable[..., Bench]]:
    """Put an explorer of a lab on a page of its own, which reaches no network."""
    asked: list[str] = []
    page.route("**/*", lambda route: (asked.append(route.request.url), route.abort()))
    yield lambda lab, **options: Bench(page, lab, **options)
    refuse(asked)


@pytest.fixture
def notebook(
    chromium: Any, server: tuple[str, Path], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Notebook]]:
    """Open a notebook with these cells and run them all."""
    page = chromium.new_page()
    name = f"{request.node.name.removeprefix('test_')[:60]}.ipynb"
    yield lambda *cells: open_notebook(page, *server, name, *cells)
    shut_down(page)
