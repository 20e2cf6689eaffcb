"""One round of the comparison: every store through the same workload."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from stores import STORES
from worker import Space, Took, Worker
from workload import Sizes

__all__ = ["MILESTONES", "Grown", "Result", "run"]

BLOCK = 100  # long enough for a store to find its own data in the caches again
MILESTONES = (100, 1_000, 10_000)
_JUDGE = "temporal table NORMAL"


@dataclass(frozen=True)
class Grown:
    """A store after so many commits.

    Attributes
    ----------
    commit_ms, cpu_ms : float
        Median of the last hundred commits: by the clock, and of the processor.
    space : Space
    """

    commit_ms: float
    cpu_ms: float
    space: Space


@dataclass(frozen=True)
class Result:
    """What one store took in one round.

    Attributes
    ----------
    figures : dict of str to float
        By the heading of their column; times by the clock.
    cpu : dict of str to float
        The times again, of the processor alone.
    growth : dict of int to Grown
        By the number of commits.
    """

    figures: dict[str, float]
    cpu: dict[str, float]
    growth: dict[int, Grown]


def run(names: list[str], folder: Path, seed: int, sizes: Sizes, apart: bool) -> dict[str, Result]:
    """Run stores through the workload once.

    Parameters
    ----------
    names : list of str
        The stores.
    folder : Path
        Where their files are put.
    apart : bool
        One store after another, so that each has the memory for itself; a block of operations
        each in turn otherwise, so that what else the machine does meets all of them alike.

    Returns
    -------
    dict of str to Result
        By store. One that keeps whole copies makes a few commits only, and its memory is
        extrapolated.
    """
    short = {name: STORES[name].most_commits for name in names}
    groups = [([name for name in names if not short[name]], sizes)]
    for name, most in short.items():
        if most and most < sizes.commits:
            groups.append(([name, _JUDGE], replace(sizes, commits=most)))
        elif most:
            groups[0][0].append(name)
    found: dict[str, Result] = {}
    for group, own in groups:
        if group:
            results = _run_group(group, folder, seed, own, apart)
            found |= {name: result for name, result in results.items() if name not in found}
    return {name: _extrapolated(found[name], short[name], sizes.commits) for name in names}


def _run_group(
    names: list[str], folder: Path, seed: int, sizes: Sizes, apart: bool
) -> dict[str, Result]:
    together = [[name] for name in names] if apart else [names]
    results: dict[str, Result] = {}
    answers: list[list[int]] = []
    for some in together:
        with tempfile.TemporaryDirectory(dir=folder) as place:
            workers = {name: _worker(name, Path(place), seed, sizes) for name in some}
            results |= _drive(workers, sizes)
            answers += [worker.answers() for worker in workers.values()]
    if any(other != answers[0] for other in answers):
        raise SystemExit(f"these stores disagree about the past: {', '.join(names)}")
    return results


def _worker(name: str, place: Path, seed: int, sizes: Sizes) -> Worker:
    folder = place / name.replace(" ", "-")
    folder.mkdir()
    return Worker(name, folder, seed, sizes)


def _drive(workers: dict[str, Worker], sizes: Sizes) -> dict[str, Result]:
    growth: dict[str, dict[int, Grown]] = {name: {} for name in workers}
    for part in ("open", "build"):
        _in_turn(workers, part, 1)
    built = {name: worker.space() for name, worker in workers.items()}
    for first in range(0, sizes.commits, BLOCK):
        last = min(first + BLOCK, sizes.commits)
        _in_turn(workers, "commit", last, first)
        if last in MILESTONES or last == sizes.commits:
            for name, worker in workers.items():
                growth[name][last] = _grown(worker)
    _in_turn(workers, "close", 1)
    closed = {name: worker.space() for name, worker in workers.items()}
    _in_turn(workers, "open", 1)
    for part in ("look", "look", "diff"):  # each version for the first time, and again
        _in_turn(workers, part, sizes.questions)
    _in_turn(workers, "close", 1)
    for worker in workers.values():
        worker.end()
    return {
        name: Result(
            _times(worker.took, "wall")
            | _spaces(built[name], growth[name][sizes.commits].space, closed[name]),
            _times(worker.took, "cpu"),
            growth[name],
        )
        for name, worker in workers.items()
    }


def _in_turn(workers: dict[str, Worker], part: str, count: int, start: int = 0) -> None:
    """Give all stores a part of the workload, a block at a time."""
    for first in range(start, count, BLOCK):
        for worker in workers.values():
            worker.do(part, first, min(first + BLOCK, count))


def _grown(worker: Worker) -> Grown:
    last = worker.took["commit"][-BLOCK:]
    return Grown(_median(last, "wall"), _median(last, "cpu"), worker.space())


def _median(took: list[Took], clock: str) -> float:
    return median(getattr(one, clock) for one in took)


def _times(took: dict[str, list[Took]], clock: str) -> dict[str, float]:
    looks = took["look"]
    cold, hot = looks[: len(looks) // 2], looks[len(looks) // 2 :]
    return {
        "build s": _median(took["build"], clock) / 1e3,
        "commit ms": _median(took["commit"], clock),
        "open s": _median(took["open"][1:], clock) / 1e3,
        "1st look ms": _median(cold[:1], clock),
        "cold look ms": _median(cold, clock),
        "hot look ms": _median(hot, clock),
        "diff ms": _median(took["diff"], clock),
    }


def _spaces(built: Space, committed: Space, closed: Space) -> dict[str, float]:
    return {
        "disk MB": closed.disk,
        "built MB": built.memory,
        "memory MB": committed.memory,
        "peak MB": closed.peak,
    }


def _extrapolated(result: Result, made: int | None, commits: int) -> Result:
    """Return the result with the memory and the disk that all the commits would have taken."""
    if made is None or made >= commits:
        return result
    figures = dict(result.figures)
    each = (figures["memory MB"] - figures["built MB"]) / made
    figures["memory MB"] = figures["peak MB"] = figures["built MB"] + each * commits
    figures["disk MB"] *= (commits + 1) / (made + 1)
    return Result(figures, result.cpu, result.growth)
