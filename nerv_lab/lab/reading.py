"""Reading a graph: the same for the living Lab and for a past view."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any

from nerv_lab.core.errors import EntityNotFoundError, RelationNotFoundError
from nerv_lab.core.json_patch import json_document
from nerv_lab.core.model import Entity, Item, Relation
from nerv_lab.core.state import GraphState
from nerv_lab.lab.delegates import delegated

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["GraphReader", "id_of"]

# Looking for near names is for people; a large graph must not make an error slow.
_SEARCHED_FOR_HINT = 20_000


def id_of(item: Item | str) -> str:
    """Return the id of an item, or the id itself."""
    return item if isinstance(item, str) else item.id


def _hint(asked: object, known: Iterable[str]) -> str:
    near = get_close_matches(str(asked), islice(known, _SEARCHED_FOR_HINT), n=1)
    return f"did you mean {near[0]!r}?" if near else "look into .entities and .relations"


class GraphReader(ABC):
    """The read API over one graph state."""

    @property
    @abstractmethod
    def state(self) -> GraphState:
        """The graph state that is read; immutable."""

    @property
    def entities(self) -> Mapping[str, Entity]:
        """The entities by id, in no order; iterating is not disturbed by later changes."""
        return self.state.entities

    @property
    def relations(self) -> Mapping[str, Relation]:
        """The relations by id, in no order; iterating is not disturbed by later changes."""
        return self.state.relations

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
            raise EntityNotFoundError(id_of(id), _hint(id_of(id), self.entities))
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
            raise RelationNotFoundError(id_of(id), _hint(id_of(id), self.relations))
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
        return tuple(self.entities[id] for id in sorted(ids))

    def find(
        self, type: str | None = None, *, name: str | None = None, tag: str | None = None
    ) -> tuple[Entity, ...]:
        """Return the entities that meet every given condition, by id."""
        return tuple(
            self.entities[id]
            for id in sorted(self.entities)
            if (type is None or self.entities[id].type == type)
            and (name is None or self.entities[id].name == name)
            and (tag is None or tag in self.entities[id].tags)
        )

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
            item is all but its times and revision; see `nerv_lab.core.json_patch`.
        """
        return json_document(self.state)

    def to_pandas(self) -> Any:
        """Return the graph as two data frames; see `nerv_lab.exchange.to_pandas`."""
        return delegated("exchange", "to_pandas")(self)

    def to_networkx(self) -> nx.MultiDiGraph[str]:
        """Return the graph as a `networkx.MultiDiGraph`."""
        graph: nx.MultiDiGraph[str] = delegated("exchange", "to_networkx")(self)
        return graph

    def to_pyvis(self, path: str | None = None, **options: Any) -> Any:
        """Return the graph as a pyvis network, written to an HTML file where a path is given."""
        return delegated("exchange", "to_pyvis")(self, path, **options)
