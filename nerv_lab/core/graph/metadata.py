"""What is known of entities and of relations, beside what they are and connect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nerv_lab.core.checks import checked_properties, checked_tags, checked_text
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.values.freezing import freeze
from nerv_lab.core.values.read_only import ReadOnlyDict, ReadOnlyList

__all__ = [
    "EntityMetadata",
    "OpenEntityMetadata",
    "OpenRelationMetadata",
    "RelationMetadata",
]


@dataclass(frozen=True, slots=True)
class EntityMetadata:
    """What is known of an entity.

    Attributes
    ----------
    name, description : str or None
        For people to read.
    tags : tuple of str
        Labels, in the order given.
    properties : dict
        Values of the type table; read-only.
    """

    name: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", checked_text(self.name, "name"))
        object.__setattr__(self, "description", checked_text(self.description, "description"))
        object.__setattr__(self, "tags", checked_tags(self.tags))
        object.__setattr__(self, "properties", checked_properties(self.properties))

    def with_properties(self, properties: ReadOnlyDict) -> EntityMetadata:
        """Return the same with other properties, which were frozen already."""
        made: Any = OpenEntityMetadata()
        made.name, made.description = self.name, self.description
        made.tags, made.properties = self.tags, properties
        made.__class__ = EntityMetadata
        return made  # type: ignore[no-any-return]

    def as_dict(self) -> ReadOnlyDict:
        """Return the fields as a read-only dict."""
        return ReadOnlyDict(
            {
                "name": self.name,
                "description": self.description,
                "tags": ReadOnlyList(self.tags),
                "properties": self.properties,
            }
        )


@dataclass(frozen=True, slots=True)
class RelationMetadata:
    """What is known of a relation.

    Attributes
    ----------
    description : str or None
        For people to read.
    strength : float
        Weight of the relation; finite.
    bidirectional : bool
        Whether it holds both ways.
    tags : tuple of str
        Labels, in the order given.
    properties : dict
        Values of the type table; read-only.
    """

    description: str | None = None
    strength: float = 1.0
    bidirectional: bool = False
    tags: tuple[str, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        strength = freeze(self.strength, "strength")
        if type(strength) not in (int, float):
            raise ValidationError("strength", f"must be a number, not {type(strength).__name__}")
        both_ways = freeze(self.bidirectional, "bidirectional")
        if type(both_ways) is not bool:
            raise ValidationError("bidirectional", "must be True or False")
        object.__setattr__(self, "description", checked_text(self.description, "description"))
        object.__setattr__(self, "strength", float(strength))
        object.__setattr__(self, "bidirectional", both_ways)
        object.__setattr__(self, "tags", checked_tags(self.tags))
        object.__setattr__(self, "properties", checked_properties(self.properties))

    def with_properties(self, properties: ReadOnlyDict) -> RelationMetadata:
        """Return the same with other properties, which were frozen already."""
        made: Any = OpenRelationMetadata()
        made.description, made.strength = self.description, self.strength
        made.bidirectional = self.bidirectional
        made.tags, made.properties = self.tags, properties
        made.__class__ = RelationMetadata
        return made  # type: ignore[no-any-return]

    def as_dict(self) -> ReadOnlyDict:
        """Return the fields as a read-only dict."""
        return ReadOnlyDict(
            {
                "description": self.description,
                "strength": self.strength,
                "bidirectional": self.bidirectional,
                "tags": ReadOnlyList(self.tags),
                "properties": self.properties,
            }
        )


class OpenEntityMetadata:
    """What metadata of an entity are made as where its fields were checked already.

    They are the same in memory, but the fields can be set at a fifth of the time; they take their
    class once that is done.
    """

    __slots__ = tuple(EntityMetadata.__slots__)


class OpenRelationMetadata:
    """What metadata of a relation are made as, as those of an entity are."""

    __slots__ = tuple(RelationMetadata.__slots__)
