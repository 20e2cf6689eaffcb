"""Commits, looks at the past and differences, beside other stores with versions.

Run ``python benchmarks/versioned_state.py``. Every store lives in a process of its own, and all
are given the same draws, a block of operations at a time in turn, so that what else the machine
does meets all of them alike. Every figure is the median over a round's operations, and of the
rounds the median again. Figures describe the machine they were measured on.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
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
BLOCK = 100  # long enough for a store to find its own data in the caches again


def timed(operation: Callable[[], Any]) -> tuple[float, Any]:
    """Return how many milliseconds an operation took, and what it returned."""
    start = perf_counter()
    result = operation()
    return (perf_counter() - start) * 1e3, result


def serve(name: str, path: Path, seed: int, sizes: dict[str, int]) -> None:
    """Run one store through the parts of the workload that are asked for on standard input."""
    if name.startswith("doltlite"):
        import doltlite  # noqa: F401 - makes itself the engine of sqlite3, so it comes first
    import stores

    kind, synchronous = STORES[name]
    work = draw(seed, **sizes)
    store: Any = None

    def reopen() -> int:
        nonlocal store
        store = getattr(stores, kind)(path, synchronous)
        return 0

    def close() -> int:
        store.close()
        return sum(file.stat().st_size for file in path.parent.iterdir())

    parts: dict[str, Callable[[int], Any]] = {
        "open": lambda _: reopen(),
        "build": lambda _: store.build(work),
        "commit": lambda number: store.commit(work.commits[number]),
        "checkout": lambda number: store.read(*work.checkouts[number]),
        "diff": lambda number: store.diff(*work.diffs[number]),
        "close": lambda _: close(),
    }
    for line in sys.stdin:
        part, first, last = json.loads(line)
        done = [timed(partial(parts[part], number)) for number in range(first, last)]
        print(json.dumps(done), flush=True)


class Worker:
    """A store in a process of its own."""

    def __init__(self, name: str, folder: Path, seed: int, sizes: dict[str, int]) -> None:
        task = json.dumps([name, str(folder / "store.db"), seed, sizes])
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--task", task],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.took: dict[str, list[float]] = {}
        self.answers: list[Any] = []

    def do(self, part: str, first: int = 0, last: int = 1) -> Any:
        """Run a part of the workload and return its last answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([part, first, last]), file=self._process.stdin, flush=True)
        done = json.loads(self._process.stdout.readline())
        self.took.setdefault(part, []).extend(milliseconds for milliseconds, _ in done)
        if part in ("checkout", "diff"):
            self.answers.extend(answer for _, answer in done)
        return done[-1][1]

    def end(self) -> None:
        """End the process, which ends with its input."""
        self._process.communicate()


def run_round(
    names: list[str], folder: Path, seed: int, sizes: dict[str, int]
) -> dict[str, dict[str, float]]:
    """Run all stores through the workload once, a block of operations each in turn."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        workers = {}
        for number, name in enumerate(names):
            (Path(place) / str(number)).mkdir()
            workers[name] = Worker(name, Path(place) / str(number), seed, sizes)
        for part in ("open", "build"):
            for worker in workers.values():
                worker.do(part)
        in_turn(workers, "commit", sizes["commits"])
        disk = {name: worker.do("close") for name, worker in workers.items()}
        for worker in workers.values():
            worker.took["open"].clear()
            worker.do("open")
        in_turn(workers, "checkout", sizes["questions"])
        in_turn(workers, "diff", sizes["questions"])
        for worker in workers.values():
            worker.do("close")
            worker.end()
    first, *others = workers.values()
    if any(worker.answers != first.answers for worker in others):
        raise SystemExit("the stores disagree about the past")
    return {name: figures(worker.took, disk[name]) for name, worker in workers.items()}


def in_turn(workers: dict[str, Worker], part: str, count: int) -> None:
    """Give all stores a part of the workload, a block at a time."""
    for first in range(0, count, BLOCK):
        for worker in workers.values():
            worker.do(part, first, min(first + BLOCK, count))


def figures(took: dict[str, list[float]], disk: int) -> dict[str, float]:
    """Return what is reported of one store in one round."""
    return {
        "build s": took["build"][0] / 1e3,
        "commit ms": median(took["commit"]),
        "open s": took["open"][0] / 1e3,
        "1st look ms": took["checkout"][0],
        "look ms": median(took["checkout"]),
        "diff ms": median(took["diff"]),
        "disk MB": disk / 1e6,
    }


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
        serve(name, Path(path), seed, sizes)
        return
    sizes = {n: getattr(given, n) for n in ("entities", "relations", "commits", "questions")}
    compare(given.only or list(STORES), given.folder, given.rounds, given.seed, sizes)


def compare(
    names: list[str], folder: Path | None, rounds: int, seed: int, sizes: dict[str, int]
) -> None:
    """Run the stores and print what they took, and beside the baseline."""
    folder = folder or Path(tempfile.gettempdir())
    found = []
    for number in range(rounds):
        turn = number % len(names)
        found.append(run_round(names[turn:] + names[:turn], folder, seed + number, sizes))
    medians = {
        name: {what: median(one[name][what] for one in found) for what in found[0][name]}
        for name in names
    }
    print(f"{platform.platform()}, Python {platform.python_version()}; {rounds} rounds of {sizes}")
    print_table(medians)
    if BASELINE in medians:
        print(f"\nIn multiples of {BASELINE}:")
        base = medians[BASELINE]
        print_table({n: {w: row[w] / base[w] for w in row} for n, row in medians.items()})


def print_table(rows: dict[str, dict[str, float]]) -> None:
    """Print one line for each store."""
    columns = list(next(iter(rows.values())))
    print(f"| {'store':<21} |" + "".join(f" {column:>11} |" for column in columns))
    print(f"|{'-' * 23}|" + f"{'-' * 12}:|" * len(columns))
    for name, row in rows.items():
        print(f"| {name:<21} |" + "".join(f" {row[column]:>11.3f} |" for column in columns))


if __name__ == "__main__":
    main()
