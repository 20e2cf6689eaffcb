"""The events that record changes of the graph: made of a change, and read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerv_lab.core.events import Event
from nerv_lab.core.graph.item_changes import ItemChange

__all__ = ["ChangeEvent", "change_in"]

_DATA = Event.__dict__["data"]


class ChangeEvent(Event, frozen=True, weakref=True):
    """The event of a change, which makes its payload when somebody asks for it.

    It is made of a change and a reason, as a pair in place of the payload. Most events are written,
    followed and kept in the history of a bus without that anybody looks at what is in them.
    """

    @property  # type: ignore[misc]
    def data(self) -> Mapping[str, Any] | None:
        """The payload."""
        found: Any = _DATA.__get__(self)
        if type(found) is tuple:
            change, reason = found
            found = change.data(reason)
            _DATA.__set__(self, found)
        payload: Mapping[str, Any] | None = found
        return payload

    @property
    def change(self) -> ItemChange:
        """The change."""
        found: Any = _DATA.__get__(self)
        change: ItemChange = found[0] if type(found) is tuple else ItemChange.from_data(found)
        return change

    def _fields(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__struct_fields__)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__struct_fields__)

    def __hash__(self) -> int:
        return hash(Event(*self._fields()))

    def __repr__(self) -> str:
        return repr(Event(*self._fields()))

    def __reduce__(self) -> tuple[Any, ...]:
        return Event, self._fields()


def change_in(event: Event) -> ItemChange:
    """Return the change that an event of the graph records.

    Raises
    ------
    ValidationError
        When its payload is not that of a change.
    """
    if type(event) is ChangeEvent:
        return event.change
    return ItemChange.from_data(event.data or {})
