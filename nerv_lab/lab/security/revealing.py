"""What a Lab does with properties that are kept encrypted."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from nerv_lab.core.errors import KeyMissingError, ValidationError
from nerv_lab.core.graph.changes import Change, UpdateEntity, UpdateRelation
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values.encrypted import Encrypted
from nerv_lab.inner_universe.contract.client import Receipt
from nerv_lab.lab.asking.reading import GraphReader, View
from nerv_lab.lab.security.encrypting import Vault, encrypted_of

__all__ = ["Revealer"]

_T = TypeVar("_T")


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
