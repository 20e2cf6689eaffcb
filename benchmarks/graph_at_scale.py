"""How an explorer in JupyterLab bears large graphs.

Run ``python benchmarks/graph_at_scale.py``; ``--shots FOLDER`` keeps pictures of it in both themes.
A real JupyterLab opens a store and shows its explorer in a headless Chromium, which has no graphics
card: a processor paints in its place. Times count from the moment at which the explorer is on the
page. A node is changed from a cell, again and again, each when the one before is on the screen; the
clock runs from before the call until the second animation frame after it has arrived.
"""

from __future__ import annotations

import argparse
import platform
import random
import tempfile
from pathlib import Path
from statistics import quantiles
from typing import Any

import from_tests  # noqa: F401
from shared.jupyterlab import chromium_context, jupyterlab, open_notebook

import nerv_lab as nl
from nerv_lab.core.graph.changes import Change, CreateEntity, CreateRelation
from nerv_lab.core.graph.model import EntityMetadata
from nerv_lab.widgets.sending.stream import Stream
from nerv_lab.widgets.shown.board import Board

TYPES = ("person", "text", "place", "idea", "event", "tool")
OPEN = """\
import time
import nerv_lab as nl

lab = nl.open({path!r})
explorer = lab.explorer(height=720, theme={theme!r})
"""
WATCH = """
window.marks = {};
const note = (name) => (window.marks[name] ??= performance.now());
new MutationObserver(() => {
    const root = document.querySelector(".nerv");
    if (!root) return;
    note("there");
    const { order, size } = root.nerv?.store.graph ?? { order: 0 };
    if (!order || !root.dataset.painted) return;
    note("painted");
    if (size === Number(root.dataset.edges)) note("whole");
    if (root.dataset.layout === "done") note("arranged");
}).observe(document, { subtree: true, childList: true, attributes: true });
new PerformanceObserver((list) => {
    const { marks } = window;
    if (!marks.there) return;
    for (const { duration } of list.getEntries()) {
        marks.longest = Math.max(marks.longest ?? 0, duration);
    }
}).observe({ type: "longtask" });
"""
MOVE = """(root) => new Promise((done) => {
    const { painter } = root.nerv.graph;
    const times = [];
    let last = null;
    const step = (now) => {
        if (last !== null) times.push(now - last);
        last = now;
        painter.eye.pan(3 * Math.cos(times.length / 20), 3 * Math.sin(times.length / 20));
        painter.camera = painter.eye.zoomed(times.length % 80 < 40 ? 1.01 : 1 / 1.01);
        if (times.length < 180) requestAnimationFrame(step);
        else done(times);
    };
    requestAnimationFrame(step);
})"""
CHANGED = """(root) => {
    window.seen = new Map();
    new MutationObserver(() => {
        const { seq } = root.dataset;
        if (window.seen.has(seq)) return;
        window.seen.set(seq, null);
        requestAnimationFrame(() => requestAnimationFrame(() => {
            window.seen.set(seq, performance.timeOrigin + performance.now());
        }));
    }).observe(root, { attributes: true, attributeFilter: ["data-seq"] });
}"""
CHANGE = """\
start = time.time()
lab.update("n{number}", name="changed at zoom {zoom}")
print(start, lab.seq)
"""


def communities(nodes: int, edges: int) -> list[Change]:
    """Return a graph of groups with hubs, and a few relations between the groups."""
    draw = random.Random(1)
    groups = max(4, nodes // 800)
    of = [min(int(draw.expovariate(4 / groups)), groups - 1) for _ in range(nodes)]
    members: list[list[int]] = [[] for _ in range(groups)]
    made: list[Change] = []
    for number, group in enumerate(of):
        kind = TYPES[group % 6] if draw.random() < 0.8 else draw.choice(TYPES)
        made.append(CreateEntity(f"n{number}", kind, EntityMetadata(f"Item {number}")))
        members[group].append(number)
    pairs = [
        (node, group[int(place * draw.random() ** 2.2)])
        for group in members
        for place, node in enumerate(group[1:], 1)
    ]
    while len(pairs) < edges:
        near = draw.choice(members) if draw.random() < 0.985 else range(nodes)
        if len(near) > 2:
            pairs.append(
                (
                    near[int(len(near) * draw.random() ** 1.6)],
                    near[int(len(near) * draw.random() ** 2.5)],
                )
            )
    return made + [
        CreateRelation(f"r{number}", f"n{a}", f"n{b}", "near")
        for number, (a, b) in enumerate(pairs[:edges])
    ]


def sizes_on_the_wire(lab: Any) -> tuple[int, int, int]:
    """Return the bytes of the first state, its frames, and the bytes of one changed node."""
    stream = Stream("view")
    board = Board(frozenset({"graph"}), lab.state, lab.state)
    first: list[bytes] = []
    while frames := stream.take(board):
        first += frames
        stream.ack(stream.seq)
    before = lab.state
    lab.update("n1", name="changed on the wire")
    changes = list(before.diff(lab.state))
    board.move_to(lab.state, lab.state, [change.key for change in changes])
    stream.offer(changes)
    return sum(map(len, first)), len(first), sum(map(len, stream.take(board)))


def measured(page: Any, served: tuple[str, Path], name: str, path: Path, theme: str) -> Any:
    """Open the explorer of a store and wait until it is arranged."""
    page.add_init_script(WATCH)
    book = open_notebook(page, *served, name, OPEN.format(path=str(path), theme=theme), "explorer")
    page.locator(".nerv[data-layout=done]").first.wait_for(state="attached", timeout=900_000)
    return book


def report(book: Any, changes: int) -> None:
    """Say how long things took, and how smoothly the picture moves."""
    marks = book.page.evaluate("window.marks")
    for name in ("painted", "whole", "arranged"):
        print(f"  {name:<10}{(marks[name] - marks['there']) / 1000:8.2f} s")
    print(f"  longest task {marks.get('longest', 0):6.0f} ms")
    for zoom in (1, 8):
        look(book, zoom)
        times = sorted(book.root().evaluate(MOVE))
        rate, slow = 1000 * len(times) / sum(times), quantiles(times, n=20)[-1]
        print(f"  moving at zoom {zoom}: {rate:.0f} frames/s, p95 {slow:.0f} ms")
    session = book.page.context.new_cdp_session(book.page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")
    held = heap["usedSize"] + heap.get("backingStorageSize", 0)
    print(f"  memory of the page: {held / 1e6:.0f} MB")
    book.root().evaluate(CHANGED)
    for zoom in (1, 8) if changes else ():
        look(book, zoom)
        cuts = quantiles([changed(book, number, zoom) for number in range(changes)], n=20)
        print(f"  at zoom {zoom} a change is painted in {cuts[9]:.0f} ms, p95 {cuts[-1]:.0f} ms")


def look(book: Any, zoom: int) -> None:
    """Look at all of the graph, or nearer, and wait until the picture rests."""
    move = "(root, zoom) => { root.nerv.graph.painter.camera = { x: 0.05, y: 0.1, zoom }; }"
    book.root().evaluate(move, zoom)
    book.page.wait_for_timeout(1_500)


def changed(book: Any, number: int, zoom: int) -> float:
    """Change a node, and return how many milliseconds later it is painted."""
    start, seq = book.run(CHANGE.format(number=number, zoom=zoom)).split()
    book.page.wait_for_function("seq => window.seen.get(seq)", arg=seq)
    seen: float = book.page.evaluate("seq => window.seen.get(seq)", seq)
    return seen - 1000 * float(start)


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=[100, 10_000, 100_000])
    parser.add_argument("--changes", type=int, default=40)
    parser.add_argument("--shots", type=Path)
    asked = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder, jupyterlab(Path(folder)) as served:
        for nodes in asked.nodes:
            path = Path(folder) / f"{nodes}.nerv"
            with nl.open(path) as lab:
                lab.apply(communities(nodes, 2 * nodes), commit="all at once")
                whole, frames, one = sizes_on_the_wire(lab)
            print(f"{nodes:,} nodes, {2 * nodes:,} edges")
            print(
                f"  first state {whole / 1e6:.2f} MB in {frames} frames, a changed node {one} bytes"
            )
            with chromium_context() as context:
                for theme in ("light", "dark") if asked.shots else ("light",):
                    page = context.new_page()
                    book = measured(page, served, f"{nodes}-{theme}.ipynb", path, theme)
                    if asked.shots:
                        page.wait_for_timeout(3_000)
                        asked.shots.mkdir(exist_ok=True)
                        page.screenshot(path=asked.shots / f"{nodes}-{theme}.png")
                    if theme == "light":
                        report(book, asked.changes)
                    page.evaluate("() => window.jupyterapp.serviceManager.sessions.shutdownAll()")
                    page.close()


if __name__ == "__main__":
    main()
