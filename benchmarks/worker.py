"""A store in a process of its own, which does the parts of a workload that it is told to do."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import psutil
from stores import STORES, Store
from workload import Sizes, draw

__all__ = ["Space", "Worker", "serve"]

_MB = 1e6
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Space:
    """What a store takes up, in MB.

    Attributes
    ----------
    disk : float
        All its files.
    memory : float
        What the process holds, less what it held with the libraries and the workload alone.
    peak : float
        The most it ever held, less the same.
    """

    disk: float
    memory: float
    peak: float


@dataclass(frozen=True)
class Took:
    """What one operation took, in milliseconds, and what it answered.

    Attributes
    ----------
    wall : float
    cpu : float
        Of the processor, in all threads of the process.
    answer : int, dict or None
    """

    wall: float
    cpu: float
    answer: Any


def timed(operation: Callable[[], Any]) -> Took:
    """Do something and return what it took."""
    start, start_cpu = perf_counter(), process_time()
    answer = operation()
    return Took((perf_counter() - start) * 1e3, (process_time() - start_cpu) * 1e3, answer)


class _Server:
    """The parts of the workload, for one store."""

    def __init__(self, name: str, path: Path, seed: int, sizes: Sizes) -> None:
        self._open, self._path = STORES[name].load(), path
        self._work = draw(seed, sizes)
        self._process = psutil.Process()
        self._idle = self._process.memory_info().rss
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        assert self._store is not None
        return self._store

    def open(self, _: int) -> None:
        self._store = self._open(self._path)

    def build(self, _: int) -> None:
        self.store.build(self._work)

    def commit(self, number: int) -> None:
        self.store.commit(self._work.commits[number])

    def look(self, number: int) -> int:
        return self.store.read(*self._work.looks[number])

    def diff(self, number: int) -> int:
        return self.store.diff(*self._work.diffs[number])

    def close(self, _: int) -> None:
        self.store.close()
        self._store = None

    def space(self, _: int) -> dict[str, float]:
        files = (file for file in self._path.parent.rglob("*") if file.is_file())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT
        return asdict(
            Space(
                sum(file.stat().st_size for file in files) / _MB,
                (self._process.memory_info().rss - self._idle) / _MB,
                (peak - self._idle) / _MB,
            )
        )


def serve(task: str) -> None:
    """Do the parts of the workload that are asked for on standard input."""
    name, path, seed, sizes = json.loads(task)
    server = _Server(name, Path(path), seed, Sizes(**sizes))
    for line in sys.stdin:
        part, first, last = json.loads(line)
        operation = getattr(server, part)
        done = [timed(partial(operation, number)) for number in range(first, last)]
        print(json.dumps([asdict(took) for took in done]), flush=True)


class Worker:
    """The other end: a process that serves one store.

    Attributes
    ----------
    took : dict of str to list of Took
        By the name of the part, in order.
    """

    def __init__(self, name: str, folder: Path, seed: int, sizes: Sizes) -> None:
        task = json.dumps([name, str(folder / "store.db"), seed, asdict(sizes)])
        self._name = name
        self._process = subprocess.Popen(
            [sys.executable, __file__, task],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.took: dict[str, list[Took]] = {}

    def do(self, part: str, first: int = 0, last: int = 1) -> list[Took]:
        """Run some operations of a part and return what they took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([part, first, last]), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._name} failed at {part} {first} to {last}; see above")
        done = [Took(**took) for took in json.loads(line)]
        self.took.setdefault(part, []).extend(done)
        return done

    def space(self) -> Space:
        """Return what the store takes up now."""
        return Space(**self.do("space")[0].answer)

    def answers(self) -> list[int]:
        """Return what the store said about the past."""
        return [took.answer for part in ("look", "diff") for took in self.took[part]]

    def end(self) -> None:
        """End the process, which ends with its input."""
        self._process.communicate()


if __name__ == "__main__":
    serve(sys.argv[1])
