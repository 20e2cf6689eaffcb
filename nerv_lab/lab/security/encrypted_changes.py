"""Changes whose properties are encrypted before they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from nerv_lab.core.errors import KeyMissingError, SealBrokenError, ValidationError
from nerv_lab.core.graph.changes import (
    REMOVE,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    RestoreRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.model import Item, entity_key, relation_key
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values import ReadOnlyDict, encode, freeze
from nerv_lab.core.values.encrypted import Encrypted
from nerv_lab.inner_universe.keys.field_keys import FieldEncryption, FieldKeys

__all__ = ["ChangeEncrypter", "touches_envelope", "with_properties"]

_I = TypeVar("_I", bound=Item)


class ChangeEncrypter:
    """Encrypts what is to be of the changes of one batch, in their order.

    Parameters
    ----------
    state : GraphState
        The graph that is changed.
    wanted : FieldEncryption
        What is kept encrypted.
    keys : FieldKeys or None
        What it is encrypted with.

    Attributes
    ----------
    touched : bool
        Whether something that is kept encrypted was given.
    """

    def __init__(self, state: GraphState, wanted: FieldEncryption, keys: FieldKeys | None) -> None:
        self._state = state
        self._wanted = wanted
        self._keys = keys
        self.touched = False
        # What the items of the batch are, as far as it has been looked at.
        self._noted: dict[str, tuple[str, Mapping[str, Any]]] = {}

    def sealed(self, change: Change) -> Change:
        """Return a change with its properties encrypted where they are to be."""
        match change:
            case CreateEntity() | CreateRelation():
                key = _key(change)
                given = change.metadata.properties
                wanted = self._wanted.names(change.type)
                if wanted.isdisjoint(given) and all(map(_is_plain, given.values())):
                    self._note(key, change.type, given)
                    return change
                sealed = self._properties(key, change.type, given, {})
                self._note(key, change.type, sealed)
                metadata: Any = change.metadata.with_properties(ReadOnlyDict(sealed))
                return replace(change, metadata=metadata)
            case UpdateEntity() | UpdateRelation():
                return self._sealed_update(change)
            case RestoreEntity(entity=entity):
                return replace(change, entity=self._sealed_item(entity))
            case RestoreRelation(relation=relation):
                return replace(change, relation=self._sealed_item(relation))
            case _:
                return change

    def _sealed_item(self, item: _I) -> _I:
        _, known = self._look(item.key)
        sealed = self._properties(item.key, item.type, item.properties, known)
        self._note(item.key, item.type, sealed)
        return item if sealed == item.properties else with_properties(item, sealed)

    def _sealed_update(
        self, change: UpdateEntity | UpdateRelation
    ) -> UpdateEntity | UpdateRelation:
        key = _key(change)
        item_type, known = self._look(key)
        patch: Any = change.properties
        if not isinstance(patch, Mapping) or item_type is None:
            return change  # the store says what is wrong with it
        if isinstance(change.type, str) and change.type != item_type:
            item_type = change.type
            # What the new type keeps encrypted may be there in plain text already.
            wanted = self._wanted.names(item_type)
            patch = {n: v for n, v in known.items() if n in wanted and _is_plain(v)} | dict(patch)
        sealed = self._properties(key, item_type, patch, known)
        self._note(key, item_type, {**known, **sealed})
        return replace(change, properties=sealed) if patch else change

    def _properties(
        self, key: str, item_type: str, given: Mapping[str, Any], known: Mapping[str, Any]
    ) -> dict[str, Any]:
        wanted = self._wanted.names(item_type)
        self.touched |= not wanted.isdisjoint(given)
        return {
            name: self._value(key, name, value, known.get(name), name in wanted)
            for name, value in given.items()
        }

    def _value(self, key: str, name: str, value: Any, known: Any, wanted: bool) -> Any:
        if type(value) is Encrypted:
            self._check(key, name, value)
            return value
        if value is REMOVE or not (wanted or type(known) is Encrypted):
            return value
        if self._keys is None:
            raise KeyMissingError(
                f"property {name!r} of {key} is kept encrypted, and there is no key; open the "
                f"store with field_key=..., or set NERV_FIELD_KEY"
            )
        plain = freeze(value, f"properties.{name}")
        if type(known) is Encrypted and _holds(self._keys, key, name, known, plain):
            return known
        return self._keys.seal(key, name, plain)

    def _check(self, key: str, name: str, value: Encrypted) -> None:
        if self._keys is None or not self._keys.knows(value):
            return
        try:
            self._keys.open(key, name, value)
        except SealBrokenError:
            raise ValidationError(
                f"properties.{name}",
                f"was encrypted for another item, property or store than {key}; reveal it there "
                f"and give the plain value",
            ) from None

    def _note(self, key: str, item_type: str, properties: Mapping[str, Any]) -> None:
        self._noted[key] = item_type, properties

    def _look(self, key: str) -> tuple[str | None, Mapping[str, Any]]:
        """Return type and properties of an item; no type where there is none."""
        if key in self._noted:
            return self._noted[key]
        item = self._state.get(key)
        return (None, {}) if item is None else (item.type, item.properties)


def _holds(keys: FieldKeys, key: str, name: str, sealed: Encrypted, plain: Any) -> bool:
    """Return whether an envelope can be opened and holds this value."""
    try:
        return encode(keys.open(key, name, sealed)) == encode(plain)
    except (KeyMissingError, SealBrokenError):
        return False


def with_properties(item: _I, properties: Mapping[str, Any]) -> _I:
    """Return an item with other properties."""
    metadata: Any = item.metadata
    return replace(item, metadata=metadata.with_properties(ReadOnlyDict(properties)))


def touches_envelope(state: GraphState, change: Change) -> bool:
    """Return whether a change holds something encrypted, or is to an item that does."""
    known: Mapping[str, Any] = {}
    if isinstance(change, (UpdateEntity, UpdateRelation)):
        items: Any = state.entities if isinstance(change, UpdateEntity) else state.relations
        item = items.get(change.id) if type(change.id) is str else None
        given: Any = change.properties
        known = known if item is None else item.metadata.properties
    elif isinstance(change, (CreateEntity, CreateRelation)):
        given = change.metadata.properties
    else:
        return not isinstance(change, (DeleteEntity, DeleteRelation))
    if type(given) is not dict and not isinstance(given, Mapping):
        return False
    return Encrypted in map(type, given.values()) or Encrypted in map(type, known.values())


def _is_plain(value: Any) -> bool:
    return type(value) is not Encrypted


def _key(change: CreateEntity | CreateRelation | UpdateEntity | UpdateRelation) -> str:
    make = entity_key if isinstance(change, (CreateEntity, UpdateEntity)) else relation_key
    return make(str(change.id))
