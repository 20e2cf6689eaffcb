"""A real JupyterLab in a real Chromium; skipped, with the reason, where there is none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from shared.ports import free_port
from shared.settling import settle

ROOT = Path(__file__).resolve().parents[2]
WAIT_MS = 240_000  # for a busy machine; where all is well, nobody waits so long
_START_SECONDS = 240.0
READY = """() => {
    const context = window.jupyterapp?.shell.currentWidget?.context;
    const kernel = context?.sessionContext?.session?.kernel;
    return context?.isReady && context.sessionContext.isReady
        && kernel?.connectionStatus === "connected" && kernel.status === "idle"
        && window.jupyterapp.commands.isEnabled("notebook:run-all-cells");
}"""
FLAGS = [
    "--no-sandbox",
    "--enable-unsafe-swiftshader",
    "--disable-dev-shm-usage",
    # No host has an address but this machine itself.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
_WITHIN = ("http://127.0.0.1:", "ws://127.0.0.1:", "file:", "data:", "blob:", "about:")


class AskedOutsideError(AssertionError):
    """A page asked for something from outside of this machine, and was refused."""

    def __init__(self, urls: list[str]) -> None:
        super().__init__(f"a page asked for something from outside: {', '.join(urls)}")


def refuse(urls: list[str]) -> None:
    """Fail where pages asked for anything.

    Raises
    ------
    AskedOutsideError
        With what they asked for.
    """
    if urls:
        raise AskedOutsideError(urls)


def _missing(reason: str) -> Any:
    if os.environ.get("NERV_REQUIRE_BROWSER") == "1":
        pytest.fail(f"NERV_REQUIRE_BROWSER is set, but {reason}")
    pytest.skip(reason)


def _chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = os.environ.get("NERV_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    return found or _missing("no Chromium was found on the PATH")


@contextmanager
def chromium_context(asked: set[str] | None = None) -> Iterator[Any]:
    """Start a Chromium without a network, and give a context of pages that share a cache.

    Whatever its pages ask for from outside fails. It fails the test in the end, too, where there
    is no set to take up the hosts that were asked.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright is not installed")
    executable = _chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        with another_context(browser, asked) as context:
            yield context
        browser.close()


@contextmanager
def another_context(browser: Any, asked: set[str] | None = None) -> Iterator[Any]:
    """Give a context with a cache, a clock and a network of its own, by the same rules."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(WAIT_MS)
    outside: list[str] = []
    context.on("request", lambda request: _note(request.url, outside))
    yield context
    context.close()
    if asked is None:
        refuse(outside)
    else:
        asked.update(urlsplit(url).netloc for url in outside)


def _note(url: str, outside: list[str]) -> None:
    if not url.startswith(_WITHIN):
        outside.append(url)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/status", timeout=10):
            return True
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def jupyterlab(home: Path, *more: str) -> Iterator[tuple[str, Path]]:
    """Start a JupyterLab that keeps all it has in a folder; give its address and what it serves.

    More options than those of the tests may be given.
    """
    work = home / "work"
    work.mkdir()
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    widgets = home / "settings" / "@jupyter-widgets" / "jupyterlab-manager"
    widgets.mkdir(parents=True)
    (widgets / "plugin.jupyterlab-settings").write_text('{"saveState": true}')
    port = free_port()
    env = {
        **os.environ,
        "HOME": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
    }
    options = [
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        f"--ServerApp.root_dir={work}",
        "--LabApp.expose_app_in_browser=True",
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *more,
    ]
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options],
            env=env, cwd=work, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + _START_SECONDS
        try:
            while not _answers(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"JupyterLab did not start:\n{(home / 'server.log').read_text()}")
                time.sleep(0.05)  # a process has no event to wait for
            yield url, work
        finally:
            _stop(process)


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page: Any, folder: Path) -> None:
        self.page = page
        self.folder = folder

    def run(self, code: str) -> str:
        """Run code in the notebook's kernel and return what it printed."""
        told = self.page.evaluate(
            """async (code) => {
                const context = window.jupyterapp.shell.currentWidget.context.sessionContext;
                const future = context.session.kernel.requestExecute({ code });
                let text = "", failure = null;
                future.onIOPub = ({ header, content }) => {
                    if (header.msg_type === "stream") text += content.text;
                    if (header.msg_type === "error") failure = content.traceback.join("\\n");
                };
                await future.done;
                return { text, failure };
            }""",
            code,
        )
        assert told["failure"] is None, told["failure"]
        return str(told["text"])

    def root(self, mode: str = "explorer") -> Any:
        return self.page.locator(f".nerv[data-mode={mode}]").first

    def wait(self, mode: str = "explorer", **data: object) -> Any:
        """Wait until the widget carries these data attributes."""
        wanted = "".join(f'[data-{k.replace("_", "-")}="{v}"]' for k, v in data.items())
        found = self.page.locator(f".nerv[data-mode={mode}]{wanted}").first
        try:
            found.wait_for(state="attached", timeout=WAIT_MS)
        except Exception as error:
            self.page.screenshot(path=self.folder / "failed.png")
            has = self.page.locator(".nerv").evaluate_all("all => all.map(r => ({...r.dataset}))")
            error.add_note(f"widgets: {has}; picture: {self.folder / 'failed.png'}")
            raise
        return self.root(mode)

    def settle(self, mode: str = "explorer") -> Any:
        """Wait until nothing changes in the widget by itself any more."""
        settle(self.root(mode))
        return self.root(mode)

    def until(self, code: str) -> None:
        """Run code in the notebook's kernel, again and again until it prints True."""
        deadline = time.monotonic() + WAIT_MS / 1000
        while (printed := self.run(code)) != "True\n":
            assert time.monotonic() < deadline, f"{code} still prints {printed}"

    def positions(self, mode: str = "explorer") -> dict[str, list[float]]:
        return dict(self.root(mode).evaluate("root => root.nerv.positions()"))


def _cell(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": f"c{abs(hash(source))}",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def _write(path: Path, cells: tuple[str, ...]) -> None:
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    book = {
        "cells": [_cell(source) for source in cells],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(book))


def open_notebook(
    page: Any, url: str, folder: Path, name: str, *cells: str, app: str = "lab"
) -> Notebook:
    """Open a notebook with these cells, in JupyterLab or in Notebook 7, and run them all."""
    page.set_default_timeout(WAIT_MS)
    _write(folder / name, cells)
    if app == "notebook":
        page.goto(f"{url}/notebooks/{name}")
    else:
        page.goto(f"{url}/lab/tree/{name}?reset")
        page.get_by_text("Python 3 (ipykernel) | Idle").first.wait_for()
    return run_all(Notebook(page, folder))


def run_all(book: Notebook) -> Notebook:
    """Run all cells as soon as there is a kernel."""
    book.page.wait_for_function(READY, timeout=WAIT_MS)
    book.page.evaluate("() => void window.jupyterapp.commands.execute('notebook:run-all-cells')")
    return book


def shut_down(page: Any) -> None:
    """End the kernels of a page, and the page."""
    page.evaluate("async () => { await window.jupyterapp?.serviceManager.sessions.shutdownAll(); }")
    page.close()
