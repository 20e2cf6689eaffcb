"""How long after a commit elsewhere an explorer has painted it.

Run ``python benchmarks/commit_to_paint.py``. A real JupyterLab shows a live explorer in a headless
Chromium. Another process opens the same graph and makes an entity and a version of it in one
transaction, again and again, each when the one before is on the screen. The clock runs from
before that call until the second animation frame after the explorer has taken the version in: the
first one draws it, and when the second begins the first has been handed to the screen. Both clocks
are the system's. SpacetimeDB and the embedded store take turns by rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

from servers import spacetime_server
from shared.jupyterlab import chromium_context, jupyterlab, open_notebook

OPEN = """\
import nerv_lab as nl

lab = nl.open({uri!r})
for number in range({entities}):
    lab.add_entity("thing", id=f"t{{number}}")
lab.commit("what there was")
explorer = lab.explorer()
"""
WATCH = """root => {
    window.painted = new Map();
    new MutationObserver(() => {
        const version = root.dataset.version;
        if (window.painted.has(version)) return;
        window.painted.set(version, null);
        requestAnimationFrame(() => requestAnimationFrame(() => {
            window.painted.set(version, performance.timeOrigin + performance.now());
        }));
    }).observe(root, { attributes: true, attributeFilter: ["data-version"] });
}"""
PAINTED = "version => window.painted.get(version)"
WRITER = """\
import json, sys, time
import nerv_lab as nl
from nerv_lab.core.graph.changes import CreateEntity

with nl.open(sys.argv[1]) as lab:
    print("ready", flush=True)
    for line in sys.stdin:
        start = time.time()
        lab.apply([CreateEntity(f"new{line.strip()}", "thing")], commit="elsewhere")
        told = {"start": start, "end": time.time(), "label": f"v{len(lab.versions)}"}
        print(json.dumps(told), flush=True)
"""


class Writer:
    """Another process that commits to the same graph."""

    def __init__(self, uri: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", WRITER, uri],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._hear()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the writing process ended")
        return line

    def commit(self, number: int) -> dict[str, Any]:
        """Commit, and return when that began and ended, and what the version is called."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._hear())
        return told

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


class Explorer:
    """An explorer on a page, and a writer elsewhere."""

    def __init__(self, page: Any, url: str, folder: Path, name: str, uri: str, size: int) -> None:
        self._page = page
        cell = OPEN.format(uri=uri, entities=size)
        book = open_notebook(page, url, folder, f"{name}.ipynb", cell, "explorer")
        book.wait(nodes=size, version="v1").evaluate(WATCH)
        self._writer = Writer(uri)
        self._made = 0
        self.commits: list[float] = []
        self.paints: list[float] = []

    def round(self, commits: int, *, counts: bool) -> None:
        """Commit and wait for the painting, so many times; in milliseconds."""
        self._page.bring_to_front()  # a page behind another has no animation frames
        for _ in range(commits):
            told = self._writer.commit(self._made)
            self._made += 1
            painted = self._page.wait_for_function(PAINTED, arg=told["label"]).json_value()
            if counts:
                self.commits.append(1000 * (told["end"] - told["start"]))
                self.paints.append(painted - 1000 * told["start"])

    def close(self) -> None:
        """End the writer."""
        self._writer.close()


@contextmanager
def explorers(size: int) -> Iterator[dict[str, Explorer]]:
    """Show the same graph on a server and in a file."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nerv-paint-")))
        server = stack.enter_context(spacetime_server())
        os.environ["NERV_TOKEN_FILE"] = str(server.tokens.path)
        url, folder = stack.enter_context(jupyterlab(home))
        context = stack.enter_context(chromium_context())
        shown = {}
        for name, uri in (("SpacetimeDB", server.database()), ("embedded", str(home / "g.nerv"))):
            shown[name] = Explorer(context.new_page(), url, folder, name, uri, size)
            stack.callback(shown[name].close)
        yield shown


def row(name: str, what: str, found: list[float]) -> str:
    """Return a line of the table."""
    cuts = quantiles(found, n=100, method="inclusive")
    return f"| {name:<11} | {what:<16} | {cuts[49]:>6.1f} | {cuts[94]:>6.1f} | {max(found):>6.1f} |"


def main() -> None:
    """Measure both, and print the medians and the 95th percentiles."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--commits", type=int, default=20, help="in each round")
    parser.add_argument("--entities", type=int, default=200, help="in the graph before")
    given = parser.parse_args()
    with explorers(given.entities) as shown:
        for number in range(given.rounds + 1):
            for explorer in shown.values():
                explorer.round(given.commits, counts=number > 0)  # the first is for warming up
        print(f"{platform.platform()}, Python {platform.python_version()}")
        print(f"{given.rounds * given.commits} commits each, milliseconds")
        print("| store       | until            |    p50 |    p95 |    max |")
        print("|-------------|------------------|-------:|-------:|-------:|")
        for name, explorer in shown.items():
            print(row(name, "commit confirmed", explorer.commits))
            print(row(name, "painted", explorer.paints))


if __name__ == "__main__":
    main()
