"""Commits, looks at the past and differences, beside other stores with versions.

Run ``python benchmarks/versioned_state.py``. Each round runs every store in a process of its own,
one after the other, with the same draws; every figure is the median over a round's operations,
and of the rounds the median again. Figures describe the machine they were measured on.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from workload import draw

STORES = {
    "nerv-lab FULL": ("LabStore", "FULL"),
    "nerv-lab NORMAL": ("LabStore", "NORMAL"),
    "doltlite": ("DoltliteStore", "FULL"),
    "doltlite, branch": ("DoltliteBranchStore", "FULL"),
    "temporal table FULL": ("TemporalStore", "FULL"),
    "temporal table NORMAL": ("TemporalStore", "NORMAL"),
}
BASELINE = "doltlite"
MEASURES = ("build s", "commit ms", "open s", "checkout ms", "diff ms", "disk MB")


def timed(operation: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many seconds an operation took, and what it returned."""
    start = perf_counter()
    result = operation()
    return perf_counter() - start, result


def measure(name: str, path: Path, seed: int, sizes: dict[str, int]) -> dict[str, Any]:
    """Run one store through the workload."""
    if name.startswith("doltlite"):
        import doltlite  # noqa: F401 - makes itself the engine of sqlite3, so it comes first
    import stores

    kind, synchronous = STORES[name]
    make = getattr(stores, kind)
    workload = draw(seed, **sizes)
    store = make(path, synchronous)
    build, _ = timed(lambda: store.build(workload))
    commits = [timed(lambda: store.commit(changes))[0] for changes in workload.commits]  # noqa: B023
    store.close()
    disk = sum(file.stat().st_size for file in path.parent.iterdir())
    opening, store = timed(lambda: make(path, synchronous))
    checkouts = [timed(lambda: store.read(*question)) for question in workload.checkouts]  # noqa: B023
    diffs = [timed(lambda: store.diff(*question)) for question in workload.diffs]  # noqa: B023
    store.close()
    return {
        "build s": build,
        "commit ms": median(commits) * 1e3,
        "open s": opening,
        "checkout ms": median(seconds for seconds, _ in checkouts) * 1e3,
        "diff ms": median(seconds for seconds, _ in diffs) * 1e3,
        "disk MB": disk / 1e6,
        "answers": [[answer for _, answer in found] for found in (checkouts, diffs)],
    }


def run(name: str, folder: Path, seed: int, sizes: dict[str, int]) -> dict[str, Any]:
    """Run one store in a process of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        task = json.dumps([name, f"{place}/store.db", seed, sizes])
        command = [sys.executable, __file__, "--task", task]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(ran.stdout))


def main() -> None:
    """Run the comparison, or one part of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--entities", type=int, default=10_000)
    parser.add_argument("--relations", type=int, default=30_000)
    parser.add_argument("--commits", type=int, default=1_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="where the stores are put; a real disk")
    parser.add_argument("--only", nargs="*", choices=STORES, help="run these stores only")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        name, path, seed, sizes = json.loads(given.task)
        print(json.dumps(measure(name, Path(path), seed, sizes)))
        return
    sizes = {n: getattr(given, n) for n in ("entities", "relations", "commits", "questions")}
    compare(given.only or list(STORES), given.folder, given.rounds, given.seed, sizes)


def compare(
    stores: list[str], folder: Path | None, rounds: int, seed: int, sizes: dict[str, int]
) -> None:
    """Run the stores in turn and print what they took, and beside the baseline."""
    folder = folder or Path(tempfile.gettempdir())
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in stores}
    for number in range(rounds):
        answers = {}
        for name in stores[number % len(stores) :] + stores[: number % len(stores)]:
            result = run(name, folder, seed + number, sizes)
            answers[name] = result.pop("answers")
            found[name].append(result)
        if any(answer != answers[stores[0]] for answer in answers.values()):
            raise SystemExit(f"the stores disagree in round {number + 1}")
    medians = {
        name: {measure: median(result[measure] for result in results) for measure in MEASURES}
        for name, results in found.items()
    }
    print(f"{platform.platform()}, Python {platform.python_version()}; {rounds} rounds, {sizes}")
    print_table(medians)
    if BASELINE in medians:
        print(f"\nTimes {BASELINE}:")
        base = medians[BASELINE]
        print_table({n: {m: row[m] / base[m] for m in MEASURES} for n, row in medians.items()})


def print_table(rows: dict[str, dict[str, float]]) -> None:
    """Print one line for each store."""
    print(f"| {'store':<22} |" + "".join(f" {measure:>11} |" for measure in MEASURES))
    print(f"|{'-' * 24}|" + f"{'-' * 12}:|" * len(MEASURES))
    for name, row in rows.items():
        print(f"| {name:<22} |" + "".join(f" {row[measure]:>11.3f} |" for measure in MEASURES))


if __name__ == "__main__":
    main()
