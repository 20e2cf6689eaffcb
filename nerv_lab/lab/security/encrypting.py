"""What a Lab keeps encrypted: sealed before it is written, opened when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from nerv_lab.core.errors import KeyMissingError, SealBrokenError, ValidationError
from nerv_lab.core.graph.changes import Change, RestoreEntity
from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values.encrypted import Encrypted, any_envelopes
from nerv_lab.inner_universe.contract.client import Problem
from nerv_lab.inner_universe.keys.field_keys import FieldEncryption, FieldKeys
from nerv_lab.lab.security.encrypted_changes import (
    ChangeEncrypter,
    touches_envelope,
    with_properties,
)
from nerv_lab.lab.security.encryption_record import ENCRYPTION_ID, joined, record_of, recorded

__all__ = ["Vault", "encrypted_of"]

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
            if not any(touches_envelope(state, change) for change in changes):
                return list(changes)
        if all(_is_of_record(change) for change in changes):
            return list(changes)  # also where it is damaged
        said, wanted = self._records(state)
        encrypter = ChangeEncrypter(state, wanted, self.keys)
        sealed = [encrypter.sealed(change) for change in changes]
        if encrypter.touched and wanted != said:
            return [RestoreEntity(record_of(wanted)), *sealed]
        return sealed

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
        return with_properties(item, {**item.properties, **opened})

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


def _is_of_record(change: Change) -> bool:
    id = change.entity.id if isinstance(change, RestoreEntity) else getattr(change, "id", None)
    return id == ENCRYPTION_ID
