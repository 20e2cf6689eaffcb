"""From what a source says to the changes that the graph needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import (
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
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation, RelationMetadata
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange.plain_items import is_plain
from nerv_lab.lab.import_reports import Counts, ImportProblem, ImportReport

__all__ = ["Difference", "RelationDraft", "found_at", "located"]


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
    Every change is checked by the rules of the graph as it is added, unless it is so plain that
    they have nothing to say.

    Parameters
    ----------
    state : GraphState
        The graph as it is.
    """

    def __init__(self, state: GraphState) -> None:
        self._state = state
        self._created: dict[str, CreateEntity] = {}
        self._linked: dict[str, CreateRelation] = {}
        self._entities: dict[str, Entity] = {}
        self._relations: dict[str, Relation] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self.changes: list[Change] = []

    def has_entity(self, id: str) -> bool:
        """Return whether there is an entity after the changes so far."""
        return id in self._created or id in self._entities or id in self._state.entities

    def entity(self, id: str, /) -> Entity | None:
        """Return the entity as the changes so far leave it, or None."""
        found = self._entities.get(id)
        if found is None and (made := self._created.get(id)) is not None:
            found = self._entities[id] = Entity(id, made.type, made.metadata)
        return self._state.entity(id) if found is None else found

    def relation(self, id: str, /) -> Relation | None:
        """Return the relation as the changes so far leave it, or None."""
        found = self._relations.get(id)
        if found is None and (made := self._linked.get(id)) is not None:
            ends = made.from_entity, made.to_entity
            found = self._relations[id] = Relation(id, *ends, made.type, made.metadata)
        return self._state.relation(id) if found is None else found

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
        if self.has_entity(draft.id):
            self._add("e", draft)
            return
        metadata = EntityMetadata(
            None if draft.name is UNSET else draft.name,
            None if draft.description is UNSET else draft.description,
            () if draft.tags is UNSET else draft.tags,  # type: ignore[arg-type]
            _kept(draft.properties),
        )
        change = CreateEntity(draft.id, _type_of(draft), metadata)
        if not is_plain(metadata, change.id, change.type):
            self._add("e", change)
            return
        self._created[change.id] = change
        self.changes.append(change)
        self._counts["e", "added"] += 1

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
            self._create_relation(draft.from_entity, draft.to_entity, fields)
            return
        if (known.from_entity, known.to_entity) != (draft.from_entity, draft.to_entity):
            raise ValidationError(
                "id",
                f"relation {fields.id!r} exists already from {known.from_entity!r} to "
                f"{known.to_entity!r}; a relation cannot move, choose another id",
            )
        self._add("r", fields)

    def _create_relation(self, start: str, end: str, fields: UpdateRelation) -> None:
        metadata = RelationMetadata(
            None if fields.description is UNSET else fields.description,
            1.0 if fields.strength is UNSET else fields.strength,
            False if fields.bidirectional is UNSET else fields.bidirectional,
            () if fields.tags is UNSET else fields.tags,  # type: ignore[arg-type]
            _kept(fields.properties),
        )
        change = CreateRelation(fields.id, start, end, _type_of(fields), metadata)
        ends_there = self.has_entity(start) and self.has_entity(end)
        if not ends_there or not is_plain(metadata, change.id, change.type):
            self._add("r", change)
            return
        self._linked[change.id] = change
        self.changes.append(change)
        self._counts["r", "added"] += 1

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


def _kept(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    if any(value is REMOVE for value in properties.values()):
        return {name: value for name, value in properties.items() if value is not REMOVE}
    return properties


@contextmanager
def located(table: str, where: str) -> Iterator[None]:
    """Tell where in the source a value was refused."""
    try:
        yield
    except ValidationError as error:
        raise found_at(table, where, error) from None


def found_at(table: str, where: str, error: ValidationError) -> ValidationError:
    """Return an error that tells where in the source a value was refused."""
    return type(error)(f"{table}.{error.field}", f"{where}: {error.reason}")
