"""Which properties a graph keeps encrypted, as the graph itself says it.

It is the properties of one entity, as with schemas: each version says what was kept encrypted in
it, and it is branched, merged, rolled back, exported and verified with the rest. The keys are
never a part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity, EntityMetadata
from nerv_lab.inner_universe.keys.field_keys import FieldEncryption

__all__ = ["ENCRYPTION_ID", "joined", "record_of", "recorded"]

ENCRYPTION_ID: Final = "nerv:encryption"
"""Id and type of the entity that says which properties are kept encrypted."""

_PURPOSE: Final = "purpose"
_TYPE: Final = "type:"


def recorded(holder: Entity | None) -> FieldEncryption:
    """Return what the entity of `ENCRYPTION_ID` says.

    Raises
    ------
    ValidationError
        It says something else.
    """
    if holder is None:
        return FieldEncryption()
    purpose: Any = ""
    named: dict[str, Any] = {}
    for name, value in holder.properties.items():
        if name == _PURPOSE:
            purpose = value
        elif name.startswith(_TYPE):
            named[name.removeprefix(_TYPE)] = value
        else:
            raise _mended(name, "must be named 'type:TYPE' or 'purpose'")
    try:
        return FieldEncryption(named, purpose)
    except ValidationError as error:
        raise _mended(error.field, error.reason) from None


def _mended(name: str, reason: str) -> ValidationError:
    return ValidationError(
        f"properties.{name}", f"{reason}; mend or delete the entity {ENCRYPTION_ID!r}"
    )


def record_of(encryption: FieldEncryption) -> Entity:
    """Return the entity that says what is kept encrypted."""
    properties: dict[str, Any] = {
        _TYPE + kind: sorted(names) for kind, names in encryption.properties.items()
    }
    if encryption.purpose:
        properties[_PURPOSE] = encryption.purpose
    metadata = EntityMetadata("Encrypted properties", properties=properties)
    return Entity(ENCRYPTION_ID, ENCRYPTION_ID, metadata)


def joined(one: FieldEncryption, other: FieldEncryption) -> FieldEncryption:
    """Return what either keeps encrypted, for the purpose of the first that names one."""
    named: dict[str, frozenset[str]] = {}
    for each in (one, other):
        listed: Mapping[str, Any] = each.properties
        for kind, names in listed.items():
            named[kind] = named.get(kind, frozenset()) | frozenset(names)
    return FieldEncryption(named, one.purpose or other.purpose)
