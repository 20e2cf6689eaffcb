"""Properties that are kept encrypted: sealed before they are written, opened when asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from nerv_lab.core.changes import (
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
from nerv_lab.core.encrypted import Encrypted, any_envelopes
from nerv_lab.core.errors import KeyMissingError, SealBrokenError, ValidationError
from nerv_lab.core.model import Entity, Item, entity_key, relation_key
from nerv_lab.core.state import GraphState
from nerv_lab.core.values import ReadOnlyDict, encode, freeze
from nerv_lab.inner_universe.client import Problem, Receipt
from nerv_lab.inner_universe.field_keys import FieldEncryption, FieldKeys
from nerv_lab.lab.encryption_record import ENCRYPTION_ID, joined, record_of, recorded
from nerv_lab.lab.reading import GraphReader, View

__all__ = ["Revealer", "Vault"]

_T = TypeVar("_T")
_I = TypeVar("_I", bound=Item)


@dataclass(slots=True)
class Vault:
    """What a Lab keeps encrypted, and with what.

    Attributes
    ----------
    encryption : FieldEncryption
        Which properties, besides those that the graph says itself.
    keys : FieldKeys or None
        Without any, what is encrypted stays closed.
    """

    encryption: FieldEncryption
    keys: FieldKeys | None
    _read: tuple[Entity | None, FieldEncryption, FieldEncryption] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    def in_force(self, state: GraphState) -> FieldEncryption:
        """Return what is kept encrypted in a graph: what it says, and what this Lab was told.

        Raises
        ------
        ValidationError
            What the graph says is damaged, or it is kept for another purpose.
        """
        return self._records(state)[1]

    def _records(self, state: GraphState) -> tuple[FieldEncryption, FieldEncryption]:
        holder = state.entity(ENCRYPTION_ID)
        if self._read is None or self._read[0] is not holder:
            said = recorded(holder)
            if holder is not None and said.purpose != self.encryption.purpose:
                raise ValidationError(
                    "purpose",
                    f"the properties of this graph are encrypted for {said.purpose!r}, and it "
                    f"was opened for {self.encryption.purpose!r}; open it anew, with "
                    f"encrypt=nl.FieldEncryption({{…}}, purpose={said.purpose!r})",
                )
            self._read = holder, said, joined(self.encryption, said)
        return self._read[1], self._read[2]

    def adopt(self, state: GraphState) -> None:
        """Take over for what purpose a graph says that it is encrypted, where none was named.

        Called once, when the graph is opened.
        """
        if self.encryption.properties or self.encryption.purpose:
            return
        try:
            purpose = recorded(state.entity(ENCRYPTION_ID)).purpose
        except ValidationError:
            return  # said when something is to be written
        if purpose:
            self.encryption = FieldEncryption(purpose=purpose)
            self.keys = None if self.keys is None else self.keys.for_purpose(purpose)

    def sealed(self, state: GraphState, changes: Sequence[Change]) -> list[Change]:
        """Return changes whose properties are encrypted where they are to be.

        A value that is encrypted already, and is given again, keeps its envelope: nothing has
        changed. The first value that is encrypted brings along the record of what is to be, which
        from then on holds for everybody who opens the graph.

        Raises
        ------
        KeyMissingError
            A property is encrypted, or is to be, and there is no key.
        ValidationError
            An envelope was made for another place.
        """
        if not self.encryption.properties and state.entity(ENCRYPTION_ID) is None:
            # Nothing is to be encrypted, so only what is already there could concern us.
            if not any_envelopes():
                return list(changes)
            for change in changes:
                if _touches_envelope(state, change):
                    break
            else:
                return list(changes)
        if all(_is_of_record(change) for change in changes):
            return list(changes)  # also where it is damaged
        said, wanted = self._records(state)
        batch = _Batch(state, wanted)
        sealed = [self._sealed(batch, change) for change in changes]
        if batch.touched and wanted != said:
            return [RestoreEntity(record_of(wanted)), *sealed]
        return sealed

    def _sealed(self, batch: _Batch, change: Change) -> Change:
        match change:
            case CreateEntity() | CreateRelation():
                key = _key(change)
                given = change.metadata.properties
                wanted = batch.wanted.names(change.type)
                if wanted.isdisjoint(given) and all(map(_is_plain, given.values())):
                    batch.note(key, change.type, given)
                    return change
                sealed = self._properties(batch, key, change.type, given, {})
                batch.note(key, change.type, sealed)
                metadata: Any = change.metadata.with_properties(ReadOnlyDict(sealed))
                return replace(change, metadata=metadata)
            case UpdateEntity() | UpdateRelation():
                return self._sealed_update(batch, change)
            case RestoreEntity(entity=entity):
                return replace(change, entity=self._sealed_item(batch, entity))
            case RestoreRelation(relation=relation):
                return replace(change, relation=self._sealed_item(batch, relation))
            case _:
                return change

    def _sealed_item(self, batch: _Batch, item: _I) -> _I:
        _, known = batch.look(item.key)
        sealed = self._properties(batch, item.key, item.type, item.properties, known)
        batch.note(item.key, item.type, sealed)
        return item if sealed == item.properties else _with_properties(item, sealed)

    def _sealed_update(
        self, batch: _Batch, change: UpdateEntity | UpdateRelation
    ) -> UpdateEntity | UpdateRelation:
        key = _key(change)
        item_type, known = batch.look(key)
        patch: Any = change.properties
        if not isinstance(patch, Mapping) or item_type is None:
            return change  # the store says what is wrong with it
        if isinstance(change.type, str) and change.type != item_type:
            item_type = change.type
            # What the new type keeps encrypted may be there in plain text already.
            wanted = batch.wanted.names(item_type)
            patch = {n: v for n, v in known.items() if n in wanted and _is_plain(v)} | dict(patch)
        sealed = self._properties(batch, key, item_type, patch, known)
        batch.note(key, item_type, {**known, **sealed})
        return replace(change, properties=sealed) if patch else change

    def _properties(
        self,
        batch: _Batch,
        key: str,
        item_type: str,
        given: Mapping[str, Any],
        known: Mapping[str, Any],
    ) -> dict[str, Any]:
        wanted = batch.wanted.names(item_type)
        batch.touched |= not wanted.isdisjoint(given)
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
        if self.keys is None:
            raise KeyMissingError(
                f"property {name!r} of {key} is kept encrypted, and there is no key; open the "
                f"store with field_key=..., or set NERV_FIELD_KEY"
            )
        plain = freeze(value, f"properties.{name}")
        if type(known) is Encrypted:
            opened = self.reveal(key, name, known)
            if opened is not None and encode(opened[0]) == encode(plain):
                return known
        return self.keys.seal(key, name, plain)

    def _check(self, key: str, name: str, value: Encrypted) -> None:
        if self.keys is None or not self.keys.knows(value):
            return
        try:
            self.keys.open(key, name, value)
        except SealBrokenError:
            raise ValidationError(
                f"properties.{name}",
                f"was encrypted for another item, property or store than {key}; reveal it there "
                f"and give the plain value",
            ) from None

    def open(self, key: str, name: str, value: Encrypted) -> Any:
        """Return the value of an envelope.

        Raises
        ------
        KeyMissingError, SealBrokenError
            It cannot be opened.
        """
        if self.keys is None:
            raise KeyMissingError(
                f"{name} of {key} is encrypted; open the store with field_key=..., or set "
                f"NERV_FIELD_KEY"
            )
        return self.keys.open(key, name, value)

    def reveal(self, key: str, name: str, value: Encrypted) -> tuple[Any] | None:
        """Return the value of an envelope in a tuple of one; None if it cannot be opened."""
        try:
            return (self.open(key, name, value),)
        except (KeyMissingError, SealBrokenError):
            return None

    def revealed(self, item: _I) -> _I:
        """Return an item with what can be opened in plain text."""
        opened = {
            name: found[0]
            for name, value in encrypted_of(item)
            if (found := self.reveal(item.key, name, value)) is not None
        }
        if not opened:
            return item
        return _with_properties(item, {**item.properties, **opened})

    def problems(self, where: str, state: GraphState) -> Iterator[Problem]:
        """Yield the properties of a state that are not what was encrypted there."""
        for item in state.items():
            for name, value in encrypted_of(item):
                try:
                    self.open(item.key, name, value)
                except KeyMissingError:
                    continue
                except SealBrokenError:
                    what = f"its property {name} is not what was encrypted there"
                    yield Problem(f"{where} {item.key}", what)


def encrypted_of(item: Item) -> Iterator[tuple[str, Encrypted]]:
    """Yield name and envelope of each property of an item that is encrypted."""
    for name, value in item.properties.items():
        if type(value) is Encrypted:
            yield name, value


def _with_properties(item: _I, properties: Mapping[str, Any]) -> _I:
    metadata: Any = item.metadata
    return replace(item, metadata=metadata.with_properties(ReadOnlyDict(properties)))


def _touches_envelope(state: GraphState, change: Change) -> bool:
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


def _is_of_record(change: Change) -> bool:
    id = change.entity.id if isinstance(change, RestoreEntity) else getattr(change, "id", None)
    return id == ENCRYPTION_ID


def _is_plain(value: Any) -> bool:
    return type(value) is not Encrypted


def _key(change: CreateEntity | CreateRelation | UpdateEntity | UpdateRelation) -> str:
    make = entity_key if isinstance(change, (CreateEntity, UpdateEntity)) else relation_key
    return make(str(change.id))


class _Batch:
    """What the items of a batch are, as far as it has been looked at.

    Attributes
    ----------
    wanted : FieldEncryption
        What is kept encrypted.
    touched : bool
        Whether something that is was given.
    """

    def __init__(self, state: GraphState, wanted: FieldEncryption) -> None:
        self._state = state
        self.wanted = wanted
        self.touched = False
        self._noted: dict[str, tuple[str, Mapping[str, Any]]] = {}

    def note(self, key: str, item_type: str, properties: Mapping[str, Any]) -> None:
        self._noted[key] = item_type, properties

    def look(self, key: str) -> tuple[str | None, Mapping[str, Any]]:
        """Return type and properties of an item; no type where there is none."""
        if key in self._noted:
            return self._noted[key]
        item = self._state.get(key)
        return (None, {}) if item is None else (item.type, item.properties)


class Revealer(GraphReader):
    """What a Lab does with properties that are kept encrypted."""

    _vault: Vault

    @abstractmethod
    def apply(
        self, changes: Sequence[Change], *, reason: str | None = None, commit: str | None = None
    ) -> Receipt:
        """Make all of the changes, or none of them, as one batch of events."""

    @abstractmethod
    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    def reveal(self, item: Item | str, name: str | None = None) -> Any:
        """Return what is encrypted of an item, in plain text.

        Parameters
        ----------
        item : Entity, Relation or str
            The item as it was at any moment, or the id of an entity as it is now.
        name : str, optional
            A property; by default all that are encrypted.

        Returns
        -------
        object or dict
            The value; without `name` the values by name.

        Raises
        ------
        KeyMissingError
            The key is not at hand.
        SealBrokenError
            It is not what was encrypted there.
        ValidationError
            The item has no such property.
        """
        found: Item = self.entity(item) if isinstance(item, str) else item
        if name is None:
            return {n: self._vault.open(found.key, n, v) for n, v in encrypted_of(found)}
        if name not in found.properties:
            raise ValidationError("name", f"{found.key} has no property {name!r}")
        value = found.properties[name]
        return self._vault.open(found.key, name, value) if type(value) is Encrypted else value

    def revealed(self) -> View:
        """Return the graph as it is now with all that can be opened in plain text, read-only.

        What is shown or exported of it is plain: keep it out of what you save.
        """
        state = GraphState.build(map(self._vault.revealed, self.state.items()))
        return self._part(state, "revealed")

    def reencrypt(self, *, reason: str | None = "encrypted anew") -> int:
        """Encrypt what is to be and is not yet, and anew what is under an older key.

        Versions and events of the past keep what they had.

        Returns
        -------
        int
            How many properties were encrypted.
        """
        changes: list[Change] = []
        count = 0
        for item in self.state.items():
            patch = self._outdated(item)
            if patch:
                make: Any = UpdateEntity if item.key.startswith("e:") else UpdateRelation
                changes.append(make(item.id, properties=patch))
                count += len(patch)
        if changes:
            self.apply(changes, reason=reason)
        return count

    def _outdated(self, item: Item) -> dict[str, Encrypted]:
        keys, wanted = self._vault.keys, self._vault.in_force(self.state).names(item.type)
        if keys is None:
            raise KeyMissingError(
                "there is no key to encrypt with; open the store with field_key=..., or set "
                "NERV_FIELD_KEY"
            )
        patch: dict[str, Encrypted] = {}
        for name, value in item.properties.items():
            if type(value) is Encrypted:
                if value.key_id == keys.key_id:
                    continue
                value = keys.open(item.key, name, value)
            elif name not in wanted:
                continue
            patch[name] = keys.seal(item.key, name, value)
        return patch
