"""Schemas of entity and relation types, as they are kept in the graph itself.

They are the properties of one entity, so that each version of the graph says which schemas were
in force in it: they are branched, merged, rolled back, exported and verified with what they
describe, and the permission to write this type is the permission to define schemas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.documents import OWN_FIELDS, document, place_of
from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.core.values import thaw

__all__ = ["SCHEMAS_ID", "Kind", "TypeSchema", "kind_of", "schemas_of"]

SCHEMAS_ID: Final = "nerv:schemas"
"""Id and type of the entity that holds the schemas."""

Kind: TypeAlias = Literal["entity", "relation"]
_KINDS: Final[Mapping[str, Kind]] = {"entity": "entity", "relation": "relation"}
# What tells people about a schema, and changes nothing of what fits it.
_NOTES: Final = frozenset({"title", "description", "examples", "$comment"})
# Under these a key is a name that the user chose.
_NAMED: Final = frozenset({"properties", "$defs", "patternProperties", "dependentSchemas"})


@dataclass(frozen=True, slots=True)
class TypeSchema:
    """What the items of one type are to be like.

    Attributes
    ----------
    kind : "entity" or "relation"
        Of what it is a type.
    type : str
        The type.
    version : int
        Counts the definitions, from 1.
    schema : mapping or None
        JSON schema of the documents of the items; None lets in any.
    start, end : tuple of str or None
        The types of entity at which a relation may begin and end; None lets in any.
    names : frozenset of str
        Names of the fields that it describes.
    """

    kind: Kind
    type: str
    version: int
    schema: Mapping[str, Any] | None = None
    start: tuple[str, ...] | None = None
    end: tuple[str, ...] | None = None
    names: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", _described(self.schema or {}))

    @property
    def key(self) -> str:
        """Name of the property that holds it."""
        return f"{self.kind}:{self.type}"

    @property
    def title(self) -> str:
        """What to call it, such as ``"person, version 2"``."""
        return f"{self.type}, version {self.version}"

    def document(self, item: Item) -> dict[str, Any]:
        """Return what it describes of an item."""
        return document(item, self.names)

    def masked(self, item: Item) -> str | None:
        """Return the place of a property that hides behind a field of the item's own, if any."""
        own = self.names.intersection(OWN_FIELDS[item.key[0]], item.properties)
        return f"properties.{min(own)}" if own else None

    def place(self, key: str, steps: Iterable[object]) -> str:
        """Return where in an item a step into its document leads."""
        return place_of(key, self.names, list(steps))

    def agrees_with(self, other: TypeSchema) -> bool:
        """Return whether both let in the same; titles and descriptions may differ."""
        return (self.version, self.start, self.end, _bare(self.schema)) == (
            *(other.version, other.start, other.end),
            _bare(other.schema),
        )

    def value(self) -> dict[str, Any]:
        """Return it as the value of the property that holds it."""
        return {
            "version": self.version,
            "schema": None if self.schema is None else thaw(dict(self.schema)),
            "start": None if self.start is None else list(self.start),
            "end": None if self.end is None else list(self.end),
        }

    @classmethod
    def from_value(cls, name: str, value: object) -> TypeSchema:
        """Rebuild it from the property that holds it.

        Raises
        ------
        ValidationError
            The property is none of ours.
        """
        place = f"properties.{name}"
        kind, _, type = name.partition(":")
        if kind not in _KINDS or not type:
            raise ValidationError(place, "must be named 'entity:TYPE' or 'relation:TYPE'")
        if not isinstance(value, Mapping) or value.keys() != {"version", "schema", "start", "end"}:
            raise ValidationError(place, "must hold version, schema, start and end")
        version, schema = value["version"], value["schema"]
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise ValidationError(f"{place}.version", f"must be a number from 1, not {version!r}")
        if schema is not None and not isinstance(schema, Mapping):
            raise ValidationError(f"{place}.schema", "must be a JSON schema or None")
        start, end = (_types(value[side], f"{place}.{side}") for side in ("start", "end"))
        return cls(_KINDS[kind], type, version, schema, start, end)


def _described(schema: Any) -> frozenset[str]:
    """Return the names of the fields of a JSON schema, also where it begins with a reference."""
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        defined = schema.get("$defs")
        name = reference.removeprefix("#/$defs/")
        schema = defined.get(name) if isinstance(defined, Mapping) else None
    fields = schema.get("properties") if isinstance(schema, Mapping) else None
    return frozenset(fields) if isinstance(fields, Mapping) else frozenset()


def _types(value: object, place: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise ValidationError(place, "must be a list of types or None")
    return tuple(checked_name(type, f"{place}[{i}]") for i, type in enumerate(value))


def _bare(schema: Any, *, named: bool = False) -> Any:
    """Return a JSON schema without what it tells people."""
    if isinstance(schema, Mapping):
        return {
            key: _bare(value, named=key in _NAMED and not named)
            for key, value in schema.items()
            if named or key not in _NOTES
        }
    return [_bare(part) for part in schema] if isinstance(schema, list | tuple) else schema


def kind_of(item: Item) -> Kind:
    """Return whether an item is an entity or a relation, in one word."""
    return "entity" if isinstance(item, Entity) else "relation"


def schemas_of(holder: Entity | None) -> dict[tuple[Kind, str], TypeSchema]:
    """Return the schemas that the entity of `SCHEMAS_ID` holds, by kind and type.

    Raises
    ------
    ValidationError
        It holds something else.
    """
    if holder is None:
        return {}
    if holder.type != SCHEMAS_ID:
        raise ValidationError("type", f"the entity {SCHEMAS_ID!r} must be of the same type")
    found = (TypeSchema.from_value(name, value) for name, value in holder.properties.items())
    return {(schema.kind, schema.type): schema for schema in found}
