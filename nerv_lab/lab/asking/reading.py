"""Reading a graph: the same for the living Lab and for a view, which cannot be changed."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from nerv_lab.core.errors import EntityNotFoundError, ReadOnlyViewError, RelationNotFoundError
from nerv_lab.core.graph.conditions import Predicate
from nerv_lab.core.graph.json_patch import json_document
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.core.graph.record_html import record_html
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import Version
from nerv_lab.core.text import counted, graph_size
from nerv_lab.core.values.encrypted import Reveal
from nerv_lab.lab.asking.graph_items import Entities, Relations, id_of, near_id
from nerv_lab.lab.asking.queries import EntityQuery, Part, entity_query, relation_query
from nerv_lab.lab.asking.search_results import SearchResults
from nerv_lab.lab.delegates import delegated
from nerv_lab.lab.exchanging import Exporter

__all__ = ["GraphReader", "View"]


def _ids_asked_for(conditions: Mapping[str, Any]) -> list[str] | None:
    """Return the only ids that can meet conditions, so that no others have to be looked at."""
    asked = conditions.get("id__in", [conditions["id"]] if "id" in conditions else None)
    if not isinstance(asked, (list, tuple, set, frozenset)):
        return None
    return list(asked) if all(isinstance(id, str) for id in asked) else None


class GraphReader(Exporter):
    """The read API over one graph state."""

    @abstractmethod
    def _part(self, state: GraphState, label: str) -> View:
        """Return a view of some of what is read here."""

    @property
    def entities(self) -> Entities[View]:
        """The entities by id, in no order; what is held is not disturbed by later changes."""
        state = self.state
        return Entities(state.entities, lambda: self._ask_entities(state))

    @property
    def relations(self) -> Relations[View]:
        """The relations by id, in no order; what is held is not disturbed by later changes."""
        state = self.state
        return Relations(
            state.relations, lambda: relation_query(state, self._between(state), self._reveals)
        )

    @property
    def _reveals(self) -> Reveal | None:
        """Opens properties that are encrypted, where there is a key."""
        return None

    def _ask_entities(
        self, state: GraphState, types: tuple[str, ...] = (), ids: Iterable[str] | None = None
    ) -> EntityQuery[View]:
        return entity_query(state, self._between(state), types, self._reveals, ids)

    def match(
        self,
        *starts: str | Entity | Predicate[Entity],
        properties: Mapping[str, Any] | None = None,
        **conditions: Any,
    ) -> EntityQuery[View]:
        """Ask for entities, and from there along relations.

        ::

            lab.match("person", born__gt=1800).out("wrote").where(tag="draft").distinct()
            lab.match(ada).out("wrote")

        Parameters
        ----------
        *starts : str, Entity or callable
            Where to begin: types of entities, entities themselves, and what has to be true of
            each; all entities by default.
        properties : mapping, optional
            Conditions on properties whose names are those of fields.
        **conditions
            See `EntityQuery.where`.

        Returns
        -------
        EntityQuery
            Of this state: what changes later does not change the answer.
        """
        state = self.state
        predicates = [start for start in starts if callable(start)]
        entities = [self.entity(start).id for start in starts if isinstance(start, Entity)]
        if entities:
            conditions = {"id__in": entities, **conditions}
        types = [s for s in starts if not callable(s) and not isinstance(s, Entity)]
        query = self._ask_entities(state, tuple(types), _ids_asked_for(conditions))
        if not (predicates or properties or conditions):
            return query
        return query.where(*predicates, properties=properties, **conditions)

    def search(self, text: str) -> SearchResults[View]:
        """Look for words in names, types, descriptions, tags and properties.

        Parameters
        ----------
        text : str
            All of its words must stand in an item, at the beginning of words there, whatever
            their case and accents; words in double quotes stand together.

        Returns
        -------
        SearchResults
            Entities and relations, the best first.

        Raises
        ------
        ValidationError
            There is no word in the text.
        """
        state = self.state
        return SearchResults(state, self._between(state), text, self._reveals)

    def subgraph(self, entities: Iterable[str | Entity]) -> View:
        """Return some entities and every relation between them, as a read-only view.

        Raises
        ------
        EntityNotFoundError
            One of them is not in this state.
        """
        ids = [self.entity(entity).id for entity in entities]
        return self._between(self.state)(
            ids, f"subgraph of {counted(len(set(ids)), 'entity', 'entities')}"
        )

    def _between(self, state: GraphState) -> Part[View]:
        return lambda ids, label: self._part(state.induced(ids), label)

    def entity(self, id: str | Entity) -> Entity:
        """Return an entity as it is in this state.

        Parameters
        ----------
        id : str or Entity
            Its id, or the entity as it was at another moment.

        Raises
        ------
        EntityNotFoundError
            This state has no such entity; the message names the nearest id.
        """
        found = self.state.entity(id_of(id))
        if found is None:
            raise EntityNotFoundError(id_of(id), near_id(id_of(id), self.state.entities))
        return found

    def relation(self, id: str | Relation) -> Relation:
        """Return a relation as it is in this state.

        Parameters
        ----------
        id : str or Relation
            Its id, or the relation as it was at another moment.

        Raises
        ------
        RelationNotFoundError
            This state has no such relation; the message names the nearest id.
        """
        found = self.state.relation(id_of(id))
        if found is None:
            raise RelationNotFoundError(id_of(id), near_id(id_of(id), self.state.relations))
        return found

    def relations_of(self, entity: str | Entity) -> tuple[Relation, ...]:
        """Return the relations that start or end at an entity, each once, by id."""
        found = self.entity(entity)
        return tuple(sorted(self.state.relations_of(found.id), key=lambda r: r.id))

    def neighbours(self, entity: str | Entity) -> tuple[Entity, ...]:
        """Return the entities that one relation away, either way, each once, by id."""
        found = self.entity(entity)
        ids = {
            end
            for relation in self.state.relations_of(found.id)
            for end in (relation.from_entity, relation.to_entity)
        } - {found.id}
        return tuple(self.state.entities[id] for id in sorted(ids))

    def find(
        self, type: str | None = None, *, name: str | None = None, tag: str | None = None
    ) -> tuple[Entity, ...]:
        """Return the entities that meet every given condition, by id."""
        given: dict[str, Any] = {"type": type, "name": name, "tag": tag}
        return tuple(self.entities.where(**{k: v for k, v in given.items() if v is not None}))

    def _repr_svg_(self) -> str | None:
        picture: str = delegated("widgets.stills.graph", "graph_svg")(
            self.state, repr(self).strip("<>")
        )
        return picture

    @property
    def data_hash(self) -> str:
        """Hash of the content of this state (hex)."""
        return self.state.data_hash

    def to_json_document(self) -> dict[str, Any]:
        """Return the graph as the JSON document that `Diff.to_json_patch` applies to.

        Returns
        -------
        dict
            ``{"entities": {id: content}, "relations": {id: content}}``, where the content of an
            item is all but its times and revision; see `nerv_lab.core.graph.json_patch`.
        """
        return json_document(self.state)


class View(GraphReader):
    """The graph at one position of the log, with the whole read API and no way to write.

    Attributes
    ----------
    label : str
        What the view was asked for by, such as ``"v1"``.
    version : Version or None
        The version, where the position is that of one.
    seq : int
        Position in the log.
    timestamp : datetime or None
        When the state came about (UTC); None before the first event.
    """

    def __init__(
        self,
        state: GraphState,
        *,
        label: str,
        seq: int,
        version: Version | None = None,
        timestamp: dt.datetime | None = None,
        reveal: Reveal | None = None,
    ) -> None:
        self._opens = reveal
        self._state = state
        self.label = label
        self.seq = seq
        self.version = version
        self.timestamp = timestamp

    @property
    def state(self) -> GraphState:
        """The graph state that is read; immutable."""
        return self._state

    def _part(self, state: GraphState, label: str) -> View:
        return View(
            state,
            label=f"{label} in {self.label}",
            seq=self.seq,
            timestamp=self.timestamp,
            reveal=self._opens,
        )

    @property
    def _reveals(self) -> Reveal | None:
        return self._opens

    def __repr__(self) -> str:
        return (
            f"<View {self.label}: {graph_size(len(self.entities), len(self.relations))}, read-only>"
        )

    def _repr_html_(self) -> str:
        rows = [
            ("of", self.label),
            ("time", f"{self.timestamp:%Y-%m-%d %H:%M:%S} UTC" if self.timestamp else "none"),
            ("entities", repr(self.entities).strip("<>")),
            ("relations", repr(self.relations).strip("<>")),
        ]
        return record_html("View, read-only", rows)

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse, since the past does not change; raises `ReadOnlyViewError`."""
        raise ReadOnlyViewError(
            f"this is a read-only view of {self.label}; change the present through the lab, "
            f"or bring this state back with lab.rollback({self.label!r})"
        )

    add_entity = update = delete = relate = transaction = apply = commit = rollback = _refuse
