"""Commits, looks at the past and differences, beside other stores with versions.

Run ``python benchmarks/versioned_state.py``. Every store lives in a process of its own, and all
are given the same draws, a block of operations at a time in turn, so that what else the machine
does meets all of them alike. Every figure is the median over a round's operations, and of the
rounds the median again. Figures describe the machine they were measured on.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import tempfile
from pathlib import Path

from rounds import Result, run
from stores import STORES
from tables import growth_table, medians, ratio_table, store_table
from workload import Sizes

_HERE = Path(__file__).parent


def main() -> None:
    """Run the comparison, print it and, where asked to, draw it."""
    given = _arguments()
    sizes = Sizes(given.items, given.commits, given.questions, given.mix)
    names: list[str] = given.only or list(STORES)
    rounds = []
    for number in range(given.rounds):
        turn = number % len(names)
        order = names[turn:] + names[:turn]
        rounds.append(run(order, given.folder, given.seed + number, sizes, given.apart))
    found = medians(rounds)
    results = {name: found[name] for name in names}
    conditions = _conditions(given.rounds, sizes)
    _print(conditions, results)
    if given.draw is not None:
        from drawing import draw_results

        draw_results(results, conditions, given.draw)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--items", type=int, default=40_000, help="a quarter of them entities")
    parser.add_argument("--commits", type=int, default=1_000)
    parser.add_argument("--questions", type=int, default=100, help="looks, and as many differences")
    parser.add_argument(
        "--mix", action="store_true", help="commit creations, deletions and relations too"
    )
    parser.add_argument(
        "--apart", action="store_true", help="one store after another, which needs less memory"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir()),
        help="where the stores are put; a real disk",
    )
    parser.add_argument("--only", nargs="*", choices=STORES, help="run these stores only")
    parser.add_argument(
        "--draw",
        nargs="?",
        type=Path,
        const=_HERE / "versioned_state.svg",
        help="draw the figures too, into this SVG",
    )
    return parser.parse_args()


def _conditions(rounds: int, sizes: Sizes) -> str:
    git = ["git", "-C", str(_HERE), "describe", "--always", "--dirty"]
    revision = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    kind = "mixed commits" if sizes.mixed else "commits"
    return (
        f"{platform.platform()}, Python {platform.python_version()}, "
        f"revision {revision or 'unknown'}; {rounds} x {sizes.items:,} items, "
        f"{sizes.commits:,} {kind}, {sizes.questions} looks and differences"
    )


def _print(conditions: str, results: dict[str, Result]) -> None:
    print(conditions)
    for clock, cpu in (("By the clock", False), ("Of the processor alone", True)):
        print(f"\n{clock}:\n\n{store_table(results, cpu=cpu)}")
        if ratios := ratio_table(results, cpu=cpu):
            print(f"\nThe Lab, in multiples of each peer that is as durable:\n\n{ratios}")
    print(f"\nGrowth, medians of the last 100 commits:\n\n{growth_table(results)}")


if __name__ == "__main__":
    main()
