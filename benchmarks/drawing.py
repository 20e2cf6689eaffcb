"""The figures of the stores as one SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from rounds import Result

__all__ = ["draw_results"]

_BARS = (
    "commit ms",
    "1st look ms",
    "cold look ms",
    "hot look ms",
    "diff ms",
    "open s",
    "disk MB",
    "memory MB",
)
_COLUMNS = 4
_OURS, _OTHERS = "#d62728", "#8c8c8c"


def draw_results(results: dict[str, Result], conditions: str, path: Path) -> None:
    """Draw bars for each figure, shorter being better, and lines for the growth.

    Parameters
    ----------
    results : dict of str to Result
        By store.
    conditions : str
        Written above.
    path : Path
        The SVG, written anew.
    """
    # Text stays text and ids follow from the content, so that the same figures give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "nerv-lab", "font.size": 8}):
        rows = -(-len(_BARS) // _COLUMNS) + 1
        figure = Figure(figsize=(14, 0.3 * rows * (len(results) + 3)), layout="constrained")
        figure.suptitle(
            f"{conditions}\nshorter and lower is better; axes are logarithmic", fontsize=9
        )
        axes = figure.subplots(rows, _COLUMNS)
        for at, what in zip(axes.flat, _BARS, strict=False):
            _bars(at, results, what)
        _lines(axes[-1], results)
        figure.savefig(path, metadata={"Date": None})


def _bars(at: Any, results: dict[str, Result], what: str) -> None:
    names = [*results][::-1]
    values = [results[name].figures[what] for name in names]
    bars = at.barh(names, values, color=[_OURS if _is_ours(n) else _OTHERS for n in names])
    at.bar_label(bars, fmt="{:.3g}", padding=2, fontsize=7)
    at.set_xscale("log")
    at.set_title(what)
    at.margins(x=0.25)
    at.spines[["top", "right"]].set_visible(False)
    if at.get_subplotspec().colspan.start:
        at.set_yticklabels([])


def _lines(axes: Any, results: dict[str, Result]) -> None:
    for name, result in results.items():
        commits = [*result.growth]
        grown = result.growth.values()
        drawn = (
            [one.commit_ms for one in grown],
            [one.space.disk for one in grown],
            [one.space.memory for one in grown],
        )
        for at, values in zip(axes, drawn, strict=False):
            width = 2.5 if _is_ours(name) else 1
            at.plot(commits, values, marker="o", markersize=3, linewidth=width, label=name)
    for at, what in zip(axes, ("commit ms", "disk MB, open", "memory MB"), strict=False):
        at.set_xscale("log")
        at.set_yscale("log")
        at.set_title(what)
        at.set_xlabel("commits")
        at.spines[["top", "right"]].set_visible(False)
    axes[-1].axis("off")
    handles, labels = axes[0].get_legend_handles_labels()
    axes[-1].legend(handles, labels, loc="center", frameon=False)


def _is_ours(name: str) -> bool:
    return name.startswith("nerv-lab")
