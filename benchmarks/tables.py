"""The figures of the stores as tables of text."""

from __future__ import annotations

from statistics import median

from rounds import Grown, Result
from stores import OURS, STORES
from text_table import Rows, table
from worker import Space

__all__ = ["growth_table", "medians", "ratio_table", "store_table"]


def medians(rounds: list[dict[str, Result]]) -> dict[str, Result]:
    """Return for each store the medians over the rounds."""
    return {name: _median([found[name] for found in rounds]) for name in rounds[0]}


def _median(results: list[Result]) -> Result:
    first = results[0]
    return Result(
        {what: median(one.figures[what] for one in results) for what in first.figures},
        {what: median(one.cpu[what] for one in results) for what in first.cpu},
        {at: _median_grown([one.growth[at] for one in results]) for at in first.growth},
    )


def _median_grown(grown: list[Grown]) -> Grown:
    spaces = [one.space for one in grown]
    return Grown(
        median(one.commit_ms for one in grown),
        median(one.cpu_ms for one in grown),
        Space(
            median(space.disk for space in spaces),
            median(space.memory for space in spaces),
            median(space.peak for space in spaces),
        ),
    )


def store_table(results: dict[str, Result], *, cpu: bool = False) -> str:
    """Return a row for each store, in the units of the headings."""
    return table("store", {name: _row(result, cpu) for name, result in results.items()})


def ratio_table(results: dict[str, Result], *, cpu: bool = False) -> str:
    """Return what the Lab takes in multiples of each peer that is as durable."""
    rows: Rows = {}
    for name, result in results.items():
        ours = OURS[STORES[name].durability]
        if name != ours and ours in results:
            own = _row(results[ours], cpu)
            rows[name] = {
                what.rpartition(" ")[0]: own[what] / value if value > 0 else float("nan")
                for what, value in _row(result, cpu).items()
            }
    return table("in multiples of", rows) if rows else ""


def _row(result: Result, cpu: bool) -> dict[str, float]:
    return result.cpu if cpu else result.figures


def growth_table(results: dict[str, Result]) -> str:
    """Return what a commit takes after many of them, and what the store has grown to."""
    rows: Rows = {}
    for name, result in results.items():
        first = next(iter(result.growth.values()))
        for at, grown in result.growth.items():
            rows[f"{name}, {at:,}"] = {
                "commit ms": grown.commit_ms,
                "CPU ms": grown.cpu_ms,
                "of the 1st": grown.commit_ms / first.commit_ms,
                "CPU of 1st": grown.cpu_ms / first.cpu_ms,
                "disk MB": grown.space.disk,
                "memory MB": grown.space.memory,
            }
    return table("store, commits", rows)
