"""Where two versions come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

__all__ = ["ancestors", "merge_bases"]

ParentsOf = Callable[[str], Sequence[str]]


def ancestors(version_id: str, parents_of: ParentsOf) -> set[str]:
    """Return a version and everything it was made from."""
    found: set[str] = set()
    waiting = [version_id]
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting.extend(parents_of(id))
    return found


def merge_bases(a: str, b: str, parents_of: ParentsOf) -> tuple[str, ...]:
    """Return the nearest common ancestors of two versions, by id.

    A common ancestor is nearest when no other common ancestor was made from it. A history in
    which two branches were merged into each other crosswise has more than one.

    Parameters
    ----------
    a, b : str
        Version ids.
    parents_of : callable
        Gives the parents of a version id.

    Returns
    -------
    tuple of str
        Empty where the two have nothing in common.
    """
    common = ancestors(a, parents_of) & ancestors(b, parents_of)
    above = {parent for id in common for parent in parents_of(id)}
    # Whatever is a parent of a common ancestor is made superfluous by it; so are its own
    # ancestors, which are all parents of something common too.
    return tuple(sorted(common - above))
