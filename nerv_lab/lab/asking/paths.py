"""Ways through a graph, from entity to entity along relations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.core.graph.state import GraphState

__all__ = ["Direction", "Path", "steps"]

Direction: TypeAlias = Literal["out", "in_", "both"]


@dataclass(frozen=True, slots=True)
class Path:
    """A way through a graph.

    Attributes
    ----------
    items : tuple of Entity and Relation
        In turn, beginning and ending with an entity.
    """

    items: tuple[Item, ...]

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The entities, in the order they are passed."""
        return self.items[::2]  # type: ignore[return-value]

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The relations, in the order they are passed."""
        return self.items[1::2]  # type: ignore[return-value]

    @property
    def end(self) -> Entity:
        """The entity that the path leads to."""
        return self.items[-1]  # type: ignore[return-value]

    def __len__(self) -> int:
        """Return the number of relations that are passed."""
        return len(self.items) // 2

    def __repr__(self) -> str:
        shown = [self.entities[0].name or self.entities[0].id]
        for before, relation, after in zip(
            self.entities, self.relations, self.entities[1:], strict=False
        ):
            forwards = (before.id, after.id) == (relation.from_entity, relation.to_entity)
            arrow = f"-{relation.type}->" if forwards else f"<-{relation.type}-"
            shown += [arrow, after.name or after.id]
        return f"<Path {' '.join(shown)}>"


def steps(
    state: GraphState,
    paths: Iterable[Path],
    direction: Direction,
    follows: Callable[[Relation], bool],
) -> Iterator[Path]:
    """Yield the paths that are one relation longer, by the ids of the relations."""
    for path in paths:
        here = path.end.id
        for relation in sorted(state.relations_of(here), key=lambda r: r.id):
            there = _other_end(relation, here, direction)
            if there is not None and follows(relation):
                yield Path((*path.items, relation, state.entities[there]))


def _other_end(relation: Relation, here: str, direction: Direction) -> str | None:
    start, end = relation.from_entity, relation.to_entity
    either = direction == "both" or relation.bidirectional
    if here == start and (either or direction == "out"):
        return end
    if here == end and (either or direction == "in_"):
        return start
    return None
