"""The lens: which part of a graph is shown, by a query, around an entity, or with types as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

__all__ = ["Lens"]


@dataclass(frozen=True)
class Lens:
    """What to show of a graph.

    Attributes
    ----------
    query : str
        Conditions, as `find_entities` takes them; empty for none.
    around : tuple of str
        Entities whose neighbourhood is shown; empty for all.
    depth : int
        How many relations away from them.
    opened : frozenset of str
        Entities whose neighbours are shown whatever the rest says.
    collapsed : frozenset of str
        Types that are shown as one.
    """

    query: str = ""
    around: tuple[str, ...] = ()
    depth: int = 1
    opened: frozenset[str] = frozenset()
    collapsed: frozenset[str] = frozenset()

    @property
    def narrows(self) -> bool:
        """Whether some entities are left out."""
        return bool(self.query.strip() or self.around)

    def __bool__(self) -> bool:
        return self.narrows or bool(self.collapsed)

    def open(self, ids: Iterable[str]) -> Lens:
        """Return the lens that shows the neighbours of these too."""
        return replace(self, opened=self.opened | frozenset(ids))
