"""From what a source says to the changes that the graph needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

from nerv_lab.core.changes import (
    REMOVE,
    UNSET,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.model import Entity, EntityMetadata, Relation, RelationMetadata
from nerv_lab.core.rules import plan
from nerv_lab.core.state import GraphState
from nerv_lab.lab.import_reports import Counts, ImportProblem, ImportReport

__all__ = ["Difference", "RelationDraft", "located"]


@dataclass(frozen=True, slots=True)
class RelationDraft:
    """What a source says of a relation: its ends, and the fields it sets.

    Attributes
    ----------
    from_entity, to_entity : str
        Ids of its ends.
    fields : UpdateRelation
        Id, type and whatever else the source knows.
    """

    from_entity: str
    to_entity: str
    fields: UpdateRelation


class Difference:
    """Collects the changes that make the graph say what a source says.

    An item that is not there is created. An item that is there is updated in the fields and
    properties that the source gives, where they differ; what the source does not mention stays.
    Every change is checked by the rules of the graph as it is added.

    Parameters
    ----------
    state : GraphState
        The graph as it is.
    """

    def __init__(self, state: GraphState) -> None:
        self._state = state
        self._entities: dict[str, Entity] = {}
        self._relations: dict[str, Relation] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self.changes: list[Change] = []

    def entity(self, id: str, /) -> Entity | None:
        """Return the entity as the changes so far leave it, or None."""
        return self._entities.get(id) or self._state.entity(id)

    def relation(self, id: str, /) -> Relation | None:
        """Return the relation as the changes so far leave it, or None."""
        return self._relations.get(id) or self._state.relation(id)

    def relations_of(self, entity_id: str, /) -> Iterable[Relation]:
        """Return the relations that an entity has in the graph as it is."""
        return self._state.relations_of(entity_id)

    def put_entity(self, draft: UpdateEntity) -> None:
        """Create or update an entity.

        Raises
        ------
        ValidationError
            When a field is refused, or a new entity has no type.
        """
        if self.entity(draft.id) is not None:
            self._add("e", draft)
            return
        metadata = EntityMetadata(**_given(draft))
        self._add("e", CreateEntity(draft.id, _type_of(draft), metadata))

    def put_relation(self, draft: RelationDraft) -> None:
        """Create or update a relation.

        Raises
        ------
        ValidationError
            When a field is refused, a new relation has no type, or the id belongs to a relation
            between other entities.
        """
        fields = draft.fields
        known = self.relation(fields.id)
        if known is None:
            metadata = RelationMetadata(**_given(fields))
            ends = (draft.from_entity, draft.to_entity)
            self._add("r", CreateRelation(fields.id, *ends, _type_of(fields), metadata))
            return
        if (known.from_entity, known.to_entity) != (draft.from_entity, draft.to_entity):
            raise ValidationError(
                "id",
                f"relation {fields.id!r} exists already from {known.from_entity!r} to "
                f"{known.to_entity!r}; a relation cannot move, choose another id",
            )
        self._add("r", fields)

    def remove(self, item: Entity | Relation) -> None:
        """Delete an item; the relations of an entity have to go first."""
        if isinstance(item, Entity):
            self.changes.append(DeleteEntity(item.id))
        else:
            self.changes.append(DeleteRelation(item.id))
        self._counts[item.key[0], "removed"] += 1

    def _add(self, kind: str, change: Change) -> None:
        done = plan(self, [change], 0)
        if not done:
            self._counts[kind, "unchanged"] += 1
            return
        self.changes.append(change)
        for item_change in done:
            self._counts[kind, item_change.kind] += 1
            item = item_change.item
            if isinstance(item, Entity):
                self._entities[item.id] = item
            else:
                self._relations[item.id] = item

    def report(self, source: str, problems: Iterable[ImportProblem] = ()) -> ImportReport:
        """Return what the changes amount to."""
        return ImportReport(source, self._of_kind("e"), self._of_kind("r"), tuple(problems))

    def _of_kind(self, kind: str) -> Counts:
        return Counts(**{f.name: self._counts[kind, f.name] for f in fields(Counts)})


def _type_of(draft: UpdateEntity | UpdateRelation) -> str:
    if draft.type is UNSET:
        raise ValidationError("type", f"{draft.id!r} is new and needs a type")
    return draft.type


def _given(draft: UpdateEntity | UpdateRelation) -> dict[str, Any]:
    given = {
        f.name: value
        for f in fields(draft)
        if f.name not in ("id", "type") and (value := getattr(draft, f.name)) is not UNSET
    }
    properties: Mapping[str, Any] = given["properties"]
    given["properties"] = {k: v for k, v in properties.items() if v is not REMOVE}
    return given


@contextmanager
def located(table: str, where: str) -> Iterator[None]:
    """Tell where in the source a value was refused."""
    try:
        yield
    except ValidationError as error:
        raise type(error)(f"{table}.{error.field}", f"{where}: {error.reason}") from None
