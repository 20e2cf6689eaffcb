"""Writing a graph, one change at a time."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import (
    UNSET,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    Unset,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.model import Entity, EntityMetadata, Item, Relation, RelationMetadata
from nerv_lab.inner_universe.contract.client import Receipt
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.lab.asking.graph_items import id_of
from nerv_lab.lab.asking.reading import GraphReader
from nerv_lab.lab.changes.declaring import but_defaults, must_equal, named_id
from nerv_lab.lab.delegates import delegated, explained_by
from nerv_lab.lab.exchanging import FileImporter
from nerv_lab.lab.import_reports import GitReport, ImportReport

__all__ = ["GraphWriter"]


class GraphWriter(FileImporter, GraphReader):
    """The write API over one graph."""

    @abstractmethod
    def apply(
        self, changes: Sequence[Change], *, reason: str | None = None, commit: str | None = None
    ) -> Receipt:
        """Make all of the changes, or none of them, as one batch of events."""

    def add_entity(
        self,
        type: str,
        name: str | None = None,
        *,
        description: str | None = None,
        tags: Iterable[str] = (),
        properties: Mapping[str, Any] | None = None,
        id: str | None = None,
        exist_ok: bool = False,
    ) -> Entity:
        """Add an entity and return it.

        ::

            ada = lab.add_entity("person", "Ada Lovelace", properties={"born": 1815})
            lab.add_entity("person", "Ada Lovelace", id="ada", exist_ok=True)  # any number of times

        Parameters
        ----------
        type : str
            What kind of thing it is.
        name, description : str, optional
            For people to read.
        tags : iterable of str
            Labels.
        properties : mapping, optional
            By name: texts, numbers, booleans, None, dates, bytes, and lists and dicts of them.
        id : str, optional
            A new UUIDv7 unless given.
        exist_ok : bool
            Where there is an entity of this id and type already, bring it to what is given, as
            `update` does, and write nothing if it is so already: a cell may be run again. What
            is left at its default stays as it is.

        Raises
        ------
        DuplicateIdError
            The id is taken.
        ValidationError
            A field is refused; the message names it.
        """
        if exist_ok and (there := self.state.entity(named_id(id))) is not None:
            must_equal(there, type=type)
            given = but_defaults(
                name=(name, None), description=(description, None), tags=(tags, ())
            )
            self.update(there, **given, properties=properties)
            return self.entity(there)
        metadata = EntityMetadata(name, description, tags, properties or {})  # type: ignore[arg-type]
        entity_id = new_id() if id is None else id
        self.apply([CreateEntity(entity_id, type, metadata)])
        return self.entity(entity_id)

    def relate(
        self,
        start: str | Entity,
        type: str,
        end: str | Entity,
        *,
        description: str | None = None,
        strength: float = 1.0,
        bidirectional: bool = False,
        tags: Iterable[str] = (),
        properties: Mapping[str, Any] | None = None,
        id: str | None = None,
        exist_ok: bool = False,
    ) -> Relation:
        """Connect two entities and return the relation.

        ::

            lab.relate(ada, "wrote", note)
            lab.relate("ada", "knows", "charles", strength=3, bidirectional=True)

        Parameters
        ----------
        start, end : Entity or str
            Where it begins and where it ends: the entities or their ids.
        type : str
            How they are connected.
        description : str, optional
            For people to read.
        strength : float
            How much it weighs.
        bidirectional : bool
            Whether it goes both ways.
        tags : iterable of str
            Labels.
        properties : mapping, optional
            By name: texts, numbers, booleans, None, dates, bytes, and lists and dicts of them.
        id : str, optional
            A new UUIDv7 unless given: the same again is another relation.
        exist_ok : bool
            Where there is a relation of this id, type and ends already, bring it to what is given;
            see `add_entity`.

        Raises
        ------
        DanglingRelationError
            An end does not exist.
        DuplicateIdError
            The id is taken.
        ValidationError
            A field is refused; the message names it.
        """
        ends = id_of(start, "start"), id_of(end, "end")
        if exist_ok and (there := self.state.relation(named_id(id))) is not None:
            must_equal(there, type=type, from_entity=ends[0], to_entity=ends[1])
            given = but_defaults(
                description=(description, None),
                strength=(strength, 1.0),
                bidirectional=(bidirectional, False),
                tags=(tags, ()),
            )
            self.update(there, **given, properties=properties)
            return self.relation(there)
        metadata = RelationMetadata(
            description,
            strength,
            bidirectional,
            tags,  # type: ignore[arg-type]
            properties or {},
        )
        relation_id = new_id() if id is None else id
        self.apply([CreateRelation(relation_id, *ends, type, metadata)])
        return self.relation(relation_id)

    def update(
        self,
        item: Item | str,
        *,
        type: str | Unset = UNSET,
        name: str | None | Unset = UNSET,
        description: str | None | Unset = UNSET,
        tags: Iterable[str] | Unset = UNSET,
        strength: float | Unset = UNSET,
        bidirectional: bool | Unset = UNSET,
        properties: Mapping[str, Any] | None = None,
    ) -> Item:
        """Set what is given, leave the rest, and return the item as it is now.

        Parameters
        ----------
        item : Entity, Relation or str
            The item or its id.
        properties : mapping, optional
            Only these are set; `nerv_lab.REMOVE` as a value removes the property.

        Raises
        ------
        EntityNotFoundError, RelationNotFoundError
            There is no such item.
        ValidationError
            A field is refused, or the kind of item does not have it.
        """
        found = self._item(item)
        given = {"type": type, "description": description, "tags": tags}
        named: dict[str, Any] = {"name": name}
        linked: dict[str, Any] = {"strength": strength, "bidirectional": bidirectional}
        own, foreign = (named, linked) if isinstance(found, Entity) else (linked, named)
        for field, value in foreign.items():
            if value is not UNSET:
                kind = "an entity" if isinstance(found, Entity) else "a relation"
                raise ValidationError(field, f"{kind} has none")
        make: Any = UpdateEntity if isinstance(found, Entity) else UpdateRelation
        # Copied: a transaction keeps the change while the caller may go on using the dict.
        patch = copy.deepcopy(properties) if properties is not None else {}
        self.apply([make(found.id, properties=patch, **given, **own)])
        return self._item(found)

    def delete(self, item: Item | str, *, cascade: bool = False) -> None:
        """Delete an entity or a relation.

        Parameters
        ----------
        item : Entity, Relation or str
            The item or its id.
        cascade : bool
            Delete the relations of an entity with it.

        Raises
        ------
        EntityInUseError
            The entity has relations and `cascade` is False.
        EntityNotFoundError
            There is no such item.
        """
        found = self._item(item)
        if isinstance(found, Entity):
            self.apply([DeleteEntity(found.id, cascade)])
        else:
            self.apply([DeleteRelation(found.id)])

    def _item(self, item: Item | str) -> Item:
        if isinstance(item, Relation):
            return self.relation(item)
        if isinstance(item, Entity):
            return self.entity(item)
        item = id_of(item, "item")
        entity, relation = self.state.entity(item), self.state.relation(item)
        if entity and relation:
            raise ValidationError(
                "id",
                f"{item!r} is both an entity and a relation; "
                "pass lab.entity(...) or lab.relation(...)",
            )
        return relation or entity or self.entity(item)

    @explained_by("exchange")
    def set_properties(
        self, values: Any, name: str | None = None, *, reason: str | None = None
    ) -> ImportReport:
        """Write results back as properties; see `nerv_lab.exchange.set_properties`."""
        write = delegated("exchange", "set_properties")
        report: ImportReport = write(self, values, name, reason=reason)
        return report

    @explained_by("exchange")
    def import_pandas(self, nodes: Any = None, edges: Any = None, **options: Any) -> ImportReport:
        """Bring in data frames of nodes and edges; see `nerv_lab.exchange.import_pandas`."""
        report: ImportReport = delegated("exchange", "import_pandas")(self, nodes, edges, **options)
        return report

    @explained_by("exchange")
    def import_csv(self, nodes: Any = None, edges: Any = None, **options: Any) -> ImportReport:
        """Bring in CSV files of nodes and edges; see `nerv_lab.exchange.import_csv`."""
        report: ImportReport = delegated("exchange", "import_csv")(self, nodes, edges, **options)
        return report

    @explained_by("exchange")
    def import_networkx(self, graph: Any, **options: Any) -> ImportReport:
        """Bring in a networkx graph; see `nerv_lab.exchange.import_networkx`."""
        report: ImportReport = delegated("exchange", "import_networkx")(self, graph, **options)
        return report

    @explained_by("exchange")
    def sync_environment(self, **options: Any) -> ImportReport:
        """Bring the graph up to the installed distributions; see `nerv_lab.from_environment`."""
        report: ImportReport = delegated("exchange", "sync_environment")(self, **options)
        return report

    @explained_by("exchange")
    def import_git(self, path: Any, **options: Any) -> GitReport:
        """Bring in the history of a git repository; see `nerv_lab.exchange.import_git`."""
        report: GitReport = delegated("exchange", "import_git")(self, path, **options)
        return report
