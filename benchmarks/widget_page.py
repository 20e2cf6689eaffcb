"""A JupyterLab page that shows one widget, and what can be measured of it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import from_tests  # noqa: F401
import psutil
from shared.jupyterlab import Notebook, chromium_context, jupyterlab, open_notebook
from widget_peers import GRAPH, Peer

__all__ = ["Figures", "StalledError", "measure"]

PROBE = Path(__file__).with_name("widget_probe.js")
# By default Jupyter drops messages of a kernel that sends more than 1,000 a second.
LIMITS = ("--ServerApp.iopub_msg_rate_limit=1e9", "--ServerApp.iopub_data_rate_limit=1e12")
INK = 2_000  # pixels; fewer are a spinner or an empty frame
MEMORY = """
import psutil

def taken():
    return psutil.Process().memory_full_info().uss
"""
DONE = """() => {
    const [cell] = window.jupyterapp.shell.currentWidget.content.widgets;
    return cell.model.executionCount !== null && cell.model.executionState !== "running";
}"""
ADD_CELL = """source => {
    const { commands, shell } = window.jupyterapp;
    const book = shell.currentWidget.content;
    book.activeCellIndex = 0;
    void commands.execute("notebook:insert-cell-below");
    book.widgets[1].model.sharedModel.setSource(source);
}"""
RUN_CELL = """index => {
    const book = window.jupyterapp.shell.currentWidget.content;
    book.activeCellIndex = index;
    void window.jupyterapp.commands.execute("notebook:run-cell");
    return performance.timeOrigin + performance.now();
}"""
FAILED = """index => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets[index];
    const failed = cell.model.outputs.toJSON().find((o) => o.output_type === "error");
    return failed ? `${failed.ename}: ${failed.evalue}` : null;
}"""
FIRST = "ink => window.nervProbe?.seen.find((seen) => seen.ink >= ink)?.at ?? null"
NEWEST = "() => window.nervProbe?.seen.at(-1)?.at ?? null"
FORGET = (
    "reading => { if (window.nervProbe) Object.assign(window.nervProbe, { reading, seen: [] }); }"
)
NOW = "() => performance.timeOrigin + performance.now()"
PATIENCE = 60.0
STILL_MS = 1_500.0
SHOWING = re.compile(rb'"msg_type": ?"(comm_|display_data|execute_result|update_display_data)')


class StalledError(Exception):
    """The widget refused the graph, or did not show it in time; the message says which."""


@dataclass
class Figures:
    """What showing and changing one graph took.

    Attributes
    ----------
    show_ms, show_mb : float
        From running the cell until the first painting; what the page received to show until then,
        over the kernel's socket and by HTTP.
    rest_ms : float
        From running the cell until the last painting before nothing moves any more.
    change_ms : list of float
        From sending the change until its painting, each.
    change_bytes : float
        What one change sends, median.
    fps : float
        Animation frames per second while the graph is dragged.
    page_mb, kernel_mb : float
        Memory that the browser's and the kernel's processes have taken up.
    saved_mb : float
        What the widget adds to a notebook that is saved with the state of its widgets.
    asked : list of str
        Hosts that the page asked for files, which it did not get.
    """

    show_ms: float = 0
    rest_ms: float = 0
    show_mb: float = 0
    change_ms: list[float] = field(default_factory=list)
    change_bytes: float = 0
    fps: float = 0
    page_mb: float = 0
    kernel_mb: float = 0
    saved_mb: float = 0
    asked: list[str] = field(default_factory=list)


class _Traffic:
    """Counts what a page receives to show: messages of widgets and results of cells, and files.

    What the kernel says of itself, such as that it is busy, is the same for all, and left out.
    """

    def __init__(self, page: Any) -> None:
        self._socket = 0
        self._requests: list[Any] = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._frame))
        page.on("requestfinished", lambda request: self._requests.append(request))

    def _frame(self, payload: str | bytes) -> None:
        frame = payload.encode() if isinstance(payload, str) else payload
        if SHOWING.search(frame[:1_000]):
            self._socket += len(frame)

    @property
    def bytes(self) -> int:
        """Over WebSockets and by HTTP so far."""
        return self._socket + sum(one.sizes()["responseBodySize"] for one in self._requests)


def measure(peer: Peer, nodes: int, edges: int, home: Path, changes: int) -> Figures:
    """Show a graph in a fresh JupyterLab and browser, change it, drag it and save it.

    Raises
    ------
    StalledError
        When the widget refuses, or paints nothing within a minute.
    """
    made = GRAPH.format(nodes=nodes, edges=edges, groups=max(4, nodes // 250))
    asked: set[str] = set()
    with jupyterlab(home, *LIMITS) as (url, folder), chromium_context(asked) as context:
        context.add_init_script(path=PROBE)
        page = context.new_page()
        traffic = _Traffic(page)
        (folder / "graph.py").write_text(made + MEMORY)
        (folder / "show.py").write_text(peer.show)
        book = open_notebook(page, url, folder, "book.ipynb", "%run -i graph.py")
        page.wait_for_function(DONE)
        page.evaluate(ADD_CELL, "%run -i show.py\nview")
        figures = _Run(book, peer, traffic).all(changes)
    figures.asked = sorted(asked)
    return figures


class _Run:
    def __init__(self, book: Notebook, peer: Peer, traffic: _Traffic) -> None:
        self.book, self.page, self.peer, self.traffic = book, book.page, peer, traffic
        self.figures = Figures()
        self._sent: list[float] = []

    def all(self, changes: int) -> Figures:
        size, kernel, page = self._saved(), self._kernel(), _browser_memory()
        start = self._show()
        self._settle()
        self.figures.rest_ms = max(self._seen(NEWEST)) - start
        for turn in range(1, changes + 1):
            self._change(turn)
        self.figures.change_bytes = median(self._sent)
        self._drag()
        self.figures.page_mb = _browser_memory() - page
        self.figures.kernel_mb = self._kernel() - kernel
        self.figures.saved_mb = self._saved() - size
        return self.figures

    # Showing

    def _show(self) -> float:
        """Run the cell, wait until something is painted, and return when it was run."""
        self._forget()
        before = self.traffic.bytes
        start: float = self.page.evaluate(RUN_CELL, 1)
        self.figures.show_ms = self._painted() - start
        self.figures.show_mb = (self.traffic.bytes - before) / 1e6
        return start

    def _forget(self, *, reading: bool = True) -> None:
        for frame in self.page.frames:
            frame.evaluate(FORGET, reading)

    def _seen(self, expression: str, argument: float | None = None) -> list[float]:
        """Ask all frames of the page when they have seen something, and return the answers."""
        found = [frame.evaluate(expression, argument) for frame in self.page.frames]
        return [at for at in found if at is not None]

    def _painted(self, ink: float = INK) -> float:
        """Wait until a frame shows so many pixels, and return when that was."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            failed = self.page.evaluate(FAILED, 1)
            if failed:
                raise StalledError(failed)
            if found := self._seen(FIRST, ink):
                return min(found)
            self.page.wait_for_timeout(20)
        raise StalledError(f"nothing was painted in {PATIENCE:.0f} s")

    def _settle(self) -> None:
        """Wait until a layout that still moves has come to rest."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.page.evaluate(NOW) - max(self._seen(NEWEST), default=0.0) > STILL_MS:
                return
            self.page.wait_for_timeout(100)
        raise StalledError(f"the layout still moved after {PATIENCE:.0f} s")

    # Changing

    def _change(self, turn: int) -> None:
        self.book.run(f"turn = {turn}")
        self._forget()
        before = self.traffic.bytes
        start = self.page.evaluate(NOW)
        self.book.run(self.peer.change)
        if self.peer.again:
            self.page.evaluate(RUN_CELL, 1)
        painted = self._painted(INK if self.peer.again else 0)
        self.figures.change_ms.append(painted - start)
        self._settle()
        self._sent.append(self.traffic.bytes - before)

    # Dragging

    def _drag(self) -> None:
        self._forget(reading=False)
        box = self._canvas().bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 40
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        frames, start = self._frames(), time.monotonic()
        for step in range(120):
            mouse.move(x + 150 * ((step % 40) / 20 - 1), y - step % 30)
        self.figures.fps = (self._frames() - frames) / (time.monotonic() - start)
        mouse.up()

    def _frames(self) -> int:
        return int(self._dragged.evaluate("() => window.nervProbe.frames"))

    def _canvas(self) -> Any:
        for frame in self.page.frames:
            for canvas in frame.locator("canvas").all():
                box = canvas.bounding_box()
                if box and box["width"] >= 300 and box["height"] >= 300:
                    self._dragged = frame
                    return canvas
        raise StalledError("no canvas was found to drag")

    # Sizes

    def _kernel(self) -> float:
        return int(self.book.run("print(taken())")) / 1e6

    def _saved(self) -> float:
        """Save the notebook, and return what it and the files beside it take."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        assert json.loads((self.book.folder / "book.ipynb").read_text())["cells"]
        return sum(path.stat().st_size for path in self.book.folder.glob("*.*")) / 1e6


def _browser_memory() -> float:
    """Return what the processes of our browsers have for themselves, in megabytes."""
    return sum(_own_memory(process) for process in _browsers()) / 1e6


def _browsers() -> Iterator[psutil.Process]:
    for process in psutil.Process().children(recursive=True):
        if "chrom" in process.name():
            yield process


def _own_memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.NoSuchProcess:
        return 0
