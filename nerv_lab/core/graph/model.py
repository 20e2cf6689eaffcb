"""Entities and relations: the items of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from nerv_lab.core.checks import check_names, checked_name
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.documents import as_model
from nerv_lab.core.graph.metadata import EntityMetadata, RelationMetadata
from nerv_lab.core.graph.record_html import record_html
from nerv_lab.core.graph.record_svg import record_svg
from nerv_lab.core.limits import MAX_BYTES
from nerv_lab.core.text import shortened, value_text
from nerv_lab.core.values import ReadOnlyDict, encode_plain, plain
from nerv_lab.core.values.read_only import refuse_assignment

if TYPE_CHECKING:
    import builtins

    from pydantic import BaseModel

__all__ = [
    "Entity",
    "EntityMetadata",
    "Item",
    "OpenEntity",
    "OpenRelation",
    "Relation",
    "RelationMetadata",
    "entity_key",
    "equal_items",
    "item_from_record",
    "keeps_ends",
    "relation_key",
]

_M = TypeVar("_M", bound="BaseModel")
_set = object.__setattr__
_SHOWN = 80  # characters of a name


def entity_key(entity_id: str) -> str:
    """Return the key of an entity in the state."""
    return f"e:{entity_id}"


def relation_key(relation_id: str) -> str:
    """Return the key of a relation in the state."""
    return f"r:{relation_id}"


class _Item:
    """What an entity and a relation have in common, and room for what is worked out once."""

    __slots__ = ("__weakref__", "_content", "_record_json")

    id: str
    type: str
    metadata: EntityMetadata | RelationMetadata
    created_at: int
    updated_at: int
    revision: int
    _content: bytes
    _record_json: bytes

    if not TYPE_CHECKING:  # to a type checker every attribute would be there

        def __getattr__(self, name: str) -> Any:
            text = f"{type(self).__name__!r} object has no attribute {name!r}"
            # What a class has and an item lacks is not set yet, as while it is unpickled.
            if not hasattr(type(self), name) and not name.startswith("_"):
                text += f"; .properties[{name!r}] is there" if name in self.properties else ""
            raise AttributeError(text, name=name, obj=self)

    @property
    def key(self) -> str:
        """Key of the item in the state."""
        raise NotImplementedError

    @property
    def description(self) -> str | None:
        """Description, for people to read."""
        return self.metadata.description

    @property
    def tags(self) -> tuple[str, ...]:
        """Labels, in the order given."""
        return self.metadata.tags

    @property
    def properties(self) -> Mapping[str, Any]:
        """Properties; read-only."""
        return self.metadata.properties

    @property
    def content(self) -> bytes:
        """Canonical bytes of all but times and revision: what the state's hash covers."""
        try:
            return self._content
        except AttributeError:
            return self._write_content()

    def _write_content(self) -> bytes:
        content = encode_plain(self._plain())
        if len(content) > MAX_BYTES:
            raise ValidationError(
                "metadata",
                f"{self.key} takes {len(content)} bytes; at most {MAX_BYTES} are allowed",
            )
        _set(self, "_content", content)
        return content

    @property
    def fingerprint(self) -> tuple[bytes, int, int, int]:
        """Everything about it but its id: content, times and revision."""
        return self.content, self.created_at, self.updated_at, self.revision

    def as_model(self, model: builtins.type[_M]) -> _M:
        """Return the item as an instance of a pydantic model, which fills in its defaults.

        The model finds the properties by their names and, where it has a field of that name, the
        item's own ``id``, ``name``, ``description`` and ``tags``; those of a relation are
        ``from_entity``, ``to_entity``, ``strength`` and ``bidirectional`` besides, but no name.

        Parameters
        ----------
        model : type of pydantic.BaseModel
            The model.

        Raises
        ------
        ValidationError
            The item does not fit; ``field`` says where, as in ``properties.born``.
        """
        return as_model(self, model)

    def _hashed(self) -> dict[str, Any]:
        raise NotImplementedError

    def _plain(self) -> dict[str, Any]:
        """Return what is hashed in the types of JSON."""
        raise NotImplementedError

    def _rows(self) -> list[tuple[str, str]]:
        fields = {name: value for name, value in self._hashed().items() if name != "properties"}
        rows = [("id", self.id)]
        rows += [
            (name, value if isinstance(value, str) else value_text(value))
            for name, value in fields.items()
            if value not in (None, [])
        ]
        rows += [(f"properties.{name}", value_text(v)) for name, v in self.properties.items()]
        return rows

    def _repr_html_(self) -> str:
        return record_html(repr(self).strip("<>"), self._rows())

    def _repr_svg_(self) -> str:
        return record_svg(repr(self).strip("<>"), self._rows())


@dataclass(frozen=True, slots=True)
class Entity(_Item):
    """A thing of the graph, as it was at one moment.

    Attributes
    ----------
    id, type : str
        Identity and type.
    metadata : EntityMetadata
        Name, description, tags and properties, also reachable on the entity itself.
    created_at, updated_at : int
        Microseconds since the epoch, UTC.
    revision : int
        Counts the changes of this entity, from 1.
    """

    id: str
    type: str
    metadata: EntityMetadata = field(default_factory=EntityMetadata)
    created_at: int = 0
    updated_at: int = 0
    revision: int = 1

    def __post_init__(self) -> None:
        check_names(self, "id", "type")

    @property
    def key(self) -> str:
        """Key of the entity in the state."""
        return entity_key(self.id)

    @property
    def name(self) -> str | None:
        """Name, for people to read."""
        return self.metadata.name

    def _hashed(self) -> dict[str, Any]:
        return {"type": self.type, **self.metadata.as_dict()}

    def _plain(self) -> dict[str, Any]:
        known = self.metadata
        return {
            "description": known.description,
            "name": known.name,
            "properties": plain(known.properties),
            "tags": known.tags,
            "type": self.type,
        }

    def revised(self, entity_type: str, metadata: EntityMetadata, now_us: int) -> Entity:
        """Return the next revision of the entity."""
        if entity_type is not self.type:
            entity_type = checked_name(entity_type, "type")
        made: Any = OpenEntity()
        made.id, made.type, made.metadata = self.id, entity_type, metadata
        made.created_at, made.updated_at = self.created_at, now_us
        made.revision = self.revision + 1
        made.__class__ = Entity
        made._write_content()
        return made  # type: ignore[no-any-return]

    def record(self) -> ReadOnlyDict:
        """Return all fields as a read-only dict of values."""
        return ReadOnlyDict(
            {
                "id": self.id,
                "type": self.type,
                "metadata": self.metadata.as_dict(),
                "created_at": self.created_at,
                "updated_at": self.updated_at,
                "revision": self.revision,
            }
        )

    def __repr__(self) -> str:
        shown = f" {shortened(self.name, _SHOWN)!r}" if self.name else ""
        return f"<Entity {self.type}{shown} id={self.id!r}>"


@dataclass(frozen=True, slots=True)
class Relation(_Item):
    """A connection between two entities, as it was at one moment.

    Attributes
    ----------
    id, type : str
        Identity and type.
    from_entity, to_entity : str
        Ids of its ends.
    metadata : RelationMetadata
        Description, strength, direction, tags and properties, also reachable on the relation.
    created_at, updated_at : int
        Microseconds since the epoch, UTC.
    revision : int
        Counts the changes of this relation, from 1.
    """

    id: str
    from_entity: str
    to_entity: str
    type: str
    metadata: RelationMetadata = field(default_factory=RelationMetadata)
    created_at: int = 0
    updated_at: int = 0
    revision: int = 1

    def __post_init__(self) -> None:
        check_names(self, "id", "from_entity", "to_entity", "type")

    @property
    def key(self) -> str:
        """Key of the relation in the state."""
        return relation_key(self.id)

    @property
    def strength(self) -> float:
        """Weight of the relation."""
        return self.metadata.strength

    @property
    def bidirectional(self) -> bool:
        """Whether it holds both ways."""
        return self.metadata.bidirectional

    def _hashed(self) -> dict[str, Any]:
        return {
            "from_entity": self.from_entity,
            "to_entity": self.to_entity,
            "type": self.type,
            **self.metadata.as_dict(),
        }

    def _plain(self) -> dict[str, Any]:
        known = self.metadata
        return {
            "bidirectional": known.bidirectional,
            "description": known.description,
            "from_entity": self.from_entity,
            "properties": plain(known.properties),
            "strength": plain(known.strength),
            "tags": known.tags,
            "to_entity": self.to_entity,
            "type": self.type,
        }

    def revised(self, relation_type: str, metadata: RelationMetadata, now_us: int) -> Relation:
        """Return the next revision of the relation."""
        if relation_type is not self.type:
            relation_type = checked_name(relation_type, "type")
        made: Any = OpenRelation()
        made.id, made.type, made.metadata = self.id, relation_type, metadata
        made.from_entity, made.to_entity = self.from_entity, self.to_entity
        made.created_at, made.updated_at = self.created_at, now_us
        made.revision = self.revision + 1
        made.__class__ = Relation
        made._write_content()
        return made  # type: ignore[no-any-return]

    def record(self) -> ReadOnlyDict:
        """Return all fields as a read-only dict of values."""
        return ReadOnlyDict(
            {
                "id": self.id,
                "from_entity": self.from_entity,
                "to_entity": self.to_entity,
                "type": self.type,
                "metadata": self.metadata.as_dict(),
                "created_at": self.created_at,
                "updated_at": self.updated_at,
                "revision": self.revision,
            }
        )

    def __repr__(self) -> str:
        return f"<Relation {self.from_entity!r} -{self.type}-> {self.to_entity!r} id={self.id!r}>"


class OpenEntity(_Item):
    """What an entity is made as where its fields were checked already.

    It is the same in memory, but its fields can be set at a fifth of the time; it takes its class
    once they are.
    """

    __slots__ = tuple(Entity.__slots__)


class OpenRelation(_Item):
    """What a relation is made as, as an entity is as `OpenEntity`."""

    __slots__ = tuple(Relation.__slots__)


Item: TypeAlias = Entity | Relation

for _kind in (Entity, Relation):
    # The one that dataclasses write fails with words of its own for what is a property.
    _kind.__setattr__ = _kind.__delattr__ = refuse_assignment  # type: ignore[method-assign]


def equal_items(old: Item | None, new: Item | None, *, exact: bool = False) -> bool:
    """Return whether two items have the same content, or neither is there.

    Parameters
    ----------
    old, new : Entity, Relation or None
        The items.
    exact : bool
        Their times and revisions count too.
    """
    if old is None or new is None or old is new:
        return old is new
    if exact:
        return old.revision == new.revision and old.fingerprint == new.fingerprint
    return old.content == new.content


def keeps_ends(old: Item | None, new: Item | None) -> bool:
    """Return whether both are relations, between the same entities.

    All but always they are: only a relation that is restored may have had others.
    """
    return (
        isinstance(old, Relation)
        and isinstance(new, Relation)
        and old.from_entity == new.from_entity
        and old.to_entity == new.to_entity
    )


def item_from_record(record: Mapping[str, Any]) -> Item:
    """Rebuild an item from its record.

    Raises
    ------
    ValidationError
        When the record is not that of an item.
    """
    try:
        fields = {**record}
        metadata = fields.pop("metadata")
        for name in ("created_at", "updated_at", "revision"):
            if type(fields[name]) is not int:
                raise ValidationError(f"record.{name}", "must be an int")
        if "from_entity" in fields:
            return Relation(metadata=RelationMetadata(**metadata), **fields)
        return Entity(metadata=EntityMetadata(**metadata), **fields)
    except (TypeError, KeyError) as error:
        raise ValidationError("record", f"not the record of an item: {error}") from None
