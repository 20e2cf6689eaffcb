"""What a version changed, read as far as somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.item_changes import ItemChange, decode_delta
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.unread import unread_item
from nerv_lab.core.history.versions import Version, version_digest

__all__ = ["VersionChanges"]

_NOTHING: Final = b"null"


class _Pair(msgspec.Struct, frozen=True, gc=False):
    """One item before and after, as written."""

    new: msgspec.Raw
    old: msgspec.Raw


class _Decided(msgspec.Struct, frozen=True, gc=False):
    """The delta of a merge that had conflicts."""

    changes: list[_Pair]


_pairs_of: Final = msgspec.json.Decoder(list[_Pair]).decode
_decided_of: Final = msgspec.json.Decoder(_Decided).decode


class VersionChanges:
    """The changes of a version against its first parent.

    A walk to a far version needs one side of each change, and of most items not even that: a later
    step changes them again.

    Parameters
    ----------
    known : iterable of ItemChange, optional
        The changes, where they are at hand.
    """

    __slots__ = ("_known", "_pairs", "_sides")

    def __init__(self, known: Iterable[ItemChange] | None = None) -> None:
        self._known = None if known is None else tuple(known)
        self._pairs: list[_Pair] = []
        # The items after the changes and before them, once they were asked for.
        self._sides: list[tuple[Item | None, ...] | None] = [None, None]

    @classmethod
    def of(cls, version: Version, delta: bytes) -> VersionChanges:
        """Return the changes in the delta of a version.

        Only what the version's digest vouches for is left unread, since it was checked before it
        was committed; anything else is checked now.

        Raises
        ------
        ValidationError
            The bytes are not a delta.
        """
        if version.digest == version_digest(version, delta):
            made = cls()
            try:
                whole = delta.startswith(b"{")
                made._pairs = _decided_of(delta).changes if whole else _pairs_of(delta)
            except msgspec.MsgspecError:
                pass  # what is wrong with it is said below
            else:
                return made
        return cls(decode_delta(delta))

    def all(self) -> tuple[ItemChange, ...]:
        """Return the changes."""
        pairs, known = self._pairs, self._known
        if known is None:
            sides = zip(self._side(pairs, back=False), self._side(pairs, back=True), strict=True)
            known = tuple(_change_of(new, old) for new, old in sides)
            # In this order: who finds no pairs looks for what was made of them.
            self._known = known
            self._pairs = []
        return known

    def _side(self, pairs: list[_Pair], *, back: bool) -> tuple[Item | None, ...]:
        found = self._sides[back]
        if found is None:
            records = [bytes(pair.old if back else pair.new) for pair in pairs]
            found = tuple([None if r == _NOTHING else unread_item(r) for r in records])
            self._sides[back] = found
        return found

    def leads_to(self, *, back: bool) -> Iterator[tuple[str, Item | None]]:
        """Yield the key of each item and the item as it was after the changes, or before them."""
        pairs, known = self._pairs, self._known
        if known is not None:
            for change in known:
                yield change.key, change.old if back else change.new
            return
        for at, item in enumerate(self._side(pairs, back=back)):
            if item is not None:
                yield item.key, item
            else:
                pair = pairs[at]
                yield unread_item(bytes(pair.new if back else pair.old)).key, None


def _change_of(new: Item | None, old: Item | None) -> ItemChange:
    item = old if new is None else new
    if item is None:
        raise ValidationError("data", "a change needs an old or a new record")
    return ItemChange.of(item.key, old, new)
