"""Ways to merge one value that was changed on both sides.

A merge function is given the value in the common ancestor, in ours and in theirs (``UNSET`` where
it was not there), and returns the merged value, or raises `CannotMerge` to leave a conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Final, TypeAlias

from nerv_lab.core.errors import NervError
from nerv_lab.core.graph.changes import UNSET
from nerv_lab.core.values import encode, freeze

__all__ = ["CannotMerge", "MergeFunction", "as_set", "counter", "last_writer", "text_lines"]

MergeFunction: TypeAlias = Callable[[Any, Any, Any], Any]


class CannotMerge(NervError):  # noqa: N818 - says no, as StopIteration does
    """Raised by a merge function that leaves the value to a person."""


def last_writer(base: Any, ours: Any, theirs: Any) -> Any:
    """Take the side whose version comes later in the log; the merge itself knows which."""
    raise CannotMerge("only a merge knows which side is later")


def counter(base: Any, ours: Any, theirs: Any) -> Any:
    """Add what both sides added to a number; an absent number counts as 0."""
    start, left, right = (0 if v is UNSET else v for v in (base, ours, theirs))
    if any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in (start, left, right)):
        raise CannotMerge("not three numbers")
    return left + right - start


def as_set(base: Any, ours: Any, theirs: Any) -> Any:
    """Keep what neither side removed and add what either added.

    Of lists and tuples, elements of the ancestor come first and in its order, then the new ones
    in canonical order, so that the sides may be exchanged.
    """
    kinds = {type(v) for v in (base, ours, theirs) if v is not UNSET}
    if len(kinds) != 1 or not issubclass(kind := kinds.pop(), (list, tuple, frozenset)):
        raise CannotMerge("not three lists, tuples or sets")
    start, left, right = (() if v is UNSET else v for v in (base, ours, theirs))
    keyed = [{encode(e): e for e in side} for side in (start, left, right)]
    kept = [key for key in keyed[0] if key in keyed[1] and key in keyed[2]]
    new = sorted((keyed[1].keys() | keyed[2].keys()) - keyed[0].keys())
    known = keyed[0] | keyed[1] | keyed[2]
    return freeze(_plain_kind(kind)(known[key] for key in (*kept, *new)))


def _plain_kind(kind: type) -> Callable[[Iterable[Any]], Any]:
    return list if issubclass(kind, list) else kind


def text_lines(base: Any, ours: Any, theirs: Any) -> Any:
    """Merge texts line by line; changes of the same lines are a conflict."""
    start, left, right = ("" if v is UNSET else v for v in (base, ours, theirs))
    if not all(isinstance(v, str) for v in (start, left, right)):
        raise CannotMerge("not three texts")
    before, one, other = (v.splitlines(keepends=True) for v in (start, left, right))
    return "".join(_merged_lines(before, one, other))


def _merged_lines(base: list[str], ours: list[str], theirs: list[str]) -> Iterator[str]:
    """Yield merged lines, chunk by chunk between lines that all three have (diff3)."""
    at = (0, 0, 0)
    end = (len(base), len(ours), len(theirs))
    for common in (*_common_lines(base, ours, theirs), end):
        before, one, other = (
            side[i:j] for side, i, j in zip((base, ours, theirs), at, common, strict=True)
        )
        if one == other or before == other:
            yield from one
        elif before == one:
            yield from other
        else:
            raise CannotMerge("both sides changed the same lines")
        if common != end:
            yield base[common[0]]
        at = (common[0] + 1, common[1] + 1, common[2] + 1)


def _common_lines(
    base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[int, int, int]]:
    """Yield the places of the lines that both sides kept."""
    places: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for place, side in zip(places, (ours, theirs), strict=True):
        for i, j, size in SequenceMatcher(None, base, side, autojunk=False).get_matching_blocks():
            place.update((i + n, j + n) for n in range(size))
    for i in sorted(places[0].keys() & places[1].keys()):
        yield i, places[0][i], places[1][i]


TAGS: Final[MergeFunction] = as_set
