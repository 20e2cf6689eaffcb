"""Graph widgets beside each other: one page, one browser, one graph.

Run ``python benchmarks/widgets.py``. Each widget shows the same graph, with the same colours at the
same places, in a JupyterLab and a headless Chromium of its own (software WebGL). What its canvases
show is read at every animation frame, so that "painted" is the same for all: the first frame that
holds more than an empty page, or a changed node. Ours is compiled first where it runs from its
sources, as pip compiles what it installs. "Rest" is the last frame that differs before all stands
still. Reading costs each of them the same, and is off while the graph is dragged. Bytes are
what the page received of widgets and results, by the kernel's socket and by HTTP.
"""

from __future__ import annotations

import argparse
import compileall
import platform
import tempfile
from importlib import metadata
from pathlib import Path
from statistics import median, quantiles

from text_table import Rows, table
from widget_page import Figures, StalledError, measure
from widget_peers import OURS, PEERS, Peer

import nerv_lab

SIZES = {"1k": (1_000, 3_000), "10k": (10_000, 20_000), "100k": (100_000, 200_000)}
RATIOS = ("show ms", "rest ms", "show MB", "change ms", "change bytes", "page MB", "saved MB")


def main() -> None:
    """Measure all widgets and print their figures and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--only", nargs="+", choices=[peer.name for peer in PEERS])
    parser.add_argument("--changes", type=int, default=40, help="of one node, of our widget")
    parser.add_argument("--peer-changes", type=int, default=5, help="the same of the others")
    given = parser.parse_args()
    peers = [peer for peer in PEERS if given.only is None or peer.name in given.only]
    compileall.compile_dir(Path(nerv_lab.__file__).parent, quiet=1)
    print(f"{platform.platform()}, Python {platform.python_version()}")
    print(", ".join(f"{peer.name} {metadata.version(peer.package)}" for peer in peers))
    for size in given.sizes:
        print(f"\n{size}: {SIZES[size][0]:,} nodes, {SIZES[size][1]:,} edges", flush=True)
        _one_size(peers, size, given.changes, given.peer_changes)


def _one_size(peers: list[Peer], size: str, own: int, others: int) -> None:
    rows: Rows = {}
    for peer in peers:
        changes = own if peer.name == OURS else others
        try:
            with tempfile.TemporaryDirectory(prefix="nerv-widgets-") as home:
                figures = measure(peer, *SIZES[size], Path(home), changes)
        except StalledError as why:
            print(f"{peer.name}: {why}", flush=True)
            continue
        if figures.asked:
            print(f"{peer.name} asks {', '.join(figures.asked)}, which answers nothing here")
        rows[peer.name] = _row(figures)
        print(table("widget", {peer.name: rows[peer.name]}), flush=True)
    ratios = {
        name: {what: rows[OURS][what] / row[what] for what in RATIOS if row[what] > 0}
        for name, row in rows.items()
        if name != OURS and OURS in rows
    }
    if ratios:
        print(f"\n{OURS} in multiples of each:\n{table('of', ratios)}", flush=True)


def _row(figures: Figures) -> dict[str, float]:
    return {
        "show ms": figures.show_ms,
        "rest ms": figures.rest_ms,
        "show MB": figures.show_mb,
        "change ms": median(figures.change_ms),
        "p95 ms": quantiles(figures.change_ms, n=20, method="inclusive")[18],
        "change bytes": figures.change_bytes,
        "fps": figures.fps,
        "page MB": figures.page_mb,
        "kernel MB": figures.kernel_mb,
        "saved MB": figures.saved_mb,
    }


if __name__ == "__main__":
    main()
