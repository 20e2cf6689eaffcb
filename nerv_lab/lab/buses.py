"""The bus of a Lab, on which publishing means recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from nerv_lab.core.bus import EventBus, new_event
from nerv_lab.core.events import Event

__all__ = ["RecordingBus"]


class RecordingBus(EventBus):
    """An event bus whose events go into the log first.

    Subscribers are told once the log has confirmed an event, in the order of the log, whoever
    wrote it: this notebook, another one, or another process.

    Parameters
    ----------
    record : callable
        Writes an event to the log. What the log confirms comes back by `publish_event`.
    """

    def __init__(self, record: Callable[[Event], None]) -> None:
        super().__init__()
        self._record = record

    def publish(
        self,
        event_type: str | Enum,
        data: Mapping[str, Any] | None = None,
        source: str | None = None,
    ) -> str:
        """Record a new event of the user's own, and let the log's confirmation deliver it.

        Returns
        -------
        str
            The id of the event.

        Raises
        ------
        ValidationError
            When the type or the payload is refused, or the type is one that only the Inner
            Universe itself may write, such as ``ENTITY_CREATED``.
        """
        event = new_event(event_type, data, source)
        self._record(event)
        return event.id
