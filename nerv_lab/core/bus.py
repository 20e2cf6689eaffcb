"""The event bus: hands each event, in order, to whoever subscribed to its type."""

from __future__ import annotations

import inspect
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeAlias

from msgspec.structs import replace
from uuid_utils import uuid7

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import Event, Message
from nerv_lab.core.graph.change_events import ChangeEvent
from nerv_lab.core.limits import MAX_DEPTH
from nerv_lab.core.values import ReadOnlyDict, freeze

__all__ = ["EventBus", "Handler", "Middleware", "new_event"]

Handler: TypeAlias = Callable[[Event], object]
Middleware: TypeAlias = Callable[[Event], Event | None]

logger = logging.getLogger(__name__)
_WILDCARD = "*"
_MAX_ROUTES = 1024


class _Subscription:
    """One handler and what it listens to; `_ignore` takes its place once it is unsubscribed."""

    __slots__ = ("handler", "pattern", "prefix")

    def __init__(self, pattern: str, handler: Handler) -> None:
        self.pattern = pattern
        self.prefix = pattern[:-1] if pattern.endswith(_WILDCARD) else None
        self.handler = handler

    def matches(self, event_type: str) -> bool:
        if self.prefix is None:
            return event_type == self.pattern
        return event_type.startswith(self.prefix)


class _Table:
    """The subscriptions at one moment, and who gets which type; replaced, never changed."""

    __slots__ = ("_routes", "subscriptions")

    def __init__(self, subscriptions: tuple[_Subscription, ...] = ()) -> None:
        self.subscriptions: Final = subscriptions
        self._routes: dict[str, tuple[_Subscription, ...]] = {}

    def route(self, event_type: str) -> tuple[_Subscription, ...]:
        found = self._routes.get(event_type)
        if found is None:
            found = tuple(s for s in self.subscriptions if s.matches(event_type))
            # Types are the user's to invent, so the cache must not grow with them.
            if len(self._routes) < _MAX_ROUTES:
                self._routes[event_type] = found
        return found


class EventBus:
    """Delivers events to subscribers, in one order that all of them see.

    Every event passes the middleware, enters the history and reaches its handlers, in the order
    in which handlers subscribed. Handlers run with no lock held, in the thread that published:
    ``publish`` returns when the event has been delivered. The exception is an event published
    while another is being delivered, by a handler or by another thread. It waits its turn, and
    whoever is delivering delivers it next, so that no handler sees the second before the first.

    A handler that raises is logged and counted in `failures`, and the others go on. Middleware
    that raises drops the event, is logged and counted likewise.

    Parameters
    ----------
    history : int
        How many delivered events to remember.
    """

    def __init__(self, *, history: int = 1000) -> None:
        self._lock = threading.Lock()
        self._table = _Table()
        self._middleware: tuple[Middleware, ...] = ()
        self._history: deque[Event] = deque(maxlen=history)
        self._waiting: deque[Event] = deque()
        # Never waited for: who finds it taken leaves the event to whoever holds it.
        self._turn = threading.Lock()
        self._failures = 0

    @property
    def failures(self) -> int:
        """How many calls of a handler or of middleware raised."""
        return self._failures

    def subscribe(self, event_type: str | Enum, handler: Handler) -> Callable[[], None]:
        """Call a handler with each `Event` of a type from now on.

        Parameters
        ----------
        event_type : str or Enum
            A type, ``"*"`` for every type, or a prefix such as ``"ENTITY_*"``. An Enum stands
            for its value where that is a string, for its name otherwise.
        handler : callable
            Called with the event. It should be short; it may publish, subscribe and unsubscribe.

        Returns
        -------
        callable
            Ends the subscription: the handler is not called again. May be called repeatedly.

        Raises
        ------
        ValidationError
            When the type is not a name, has a ``*`` other than at its end, or the handler is not
            callable or is a coroutine function.
        """
        pattern = _type_name(event_type)
        if _WILDCARD in pattern[:-1]:
            raise ValidationError("event_type", f"{pattern!r}: '*' may stand only at the end")
        subscription = _Subscription(pattern, _checked_callable(handler, "handler"))
        with self._lock:
            self._table = _Table((*self._table.subscriptions, subscription))

        def unsubscribe() -> None:
            subscription.handler = _ignore
            with self._lock:
                left = tuple(s for s in self._table.subscriptions if s is not subscription)
                self._table = _Table(left)

        return unsubscribe

    def add_middleware(self, middleware: Middleware) -> Callable[[], None]:
        """Let a function see each event first, and pass it on, change it or drop it.

        Parameters
        ----------
        middleware : callable
            Called with the event, in the order of adding; returns the event to pass on, or None
            to drop it.

        Returns
        -------
        callable
            Takes the middleware away again.
        """
        checked = _checked_callable(middleware, "middleware")
        with self._lock:
            self._middleware = (*self._middleware, checked)

        def remove() -> None:
            with self._lock:
                self._middleware = tuple(m for m in self._middleware if m is not checked)

        return remove

    def publish(
        self,
        event_type: str | Enum,
        data: Mapping[str, Any] | None = None,
        source: str | None = None,
    ) -> str:
        """Publish a new event.

        Parameters
        ----------
        event_type : str or Enum
            Its type; any string without control characters and ``*``.
        data : mapping, optional
            The payload, of values of the type table. The event holds a read-only copy.
        source : str, optional
            Who publishes.

        Returns
        -------
        str
            The id of the event.

        Raises
        ------
        ValidationError
            When the type is not a name or the payload is outside the type table.
        """
        event = new_event(event_type, data, source)
        self._deliver(event)
        return event.id

    def publish_event(self, event: Event) -> str:
        """Deliver an event that already has its id, such as one that the log confirmed.

        Returns
        -------
        str
            The id of the event.
        """
        event = _frozen(event)
        self._deliver(event)
        return event.id

    def publish_events(self, events: Iterable[Event]) -> None:
        """Deliver events as `publish_event` does, one after another."""
        frozen = [e if type(e) is ChangeEvent else _frozen(e) for e in events]
        if self._waiting or not self._turn.acquire(False):
            self._waiting.extend(frozen)
        else:
            left = iter(frozen)
            try:
                if not self._middleware and not self._table.subscriptions:
                    self._history.extend(left)
                for event in left:
                    self._hand_out(event)
            finally:
                # What an interrupt kept from being delivered comes before what came meanwhile.
                self._waiting.extendleft(reversed([*left]))
                self._turn.release()
        self._deliver_waiting()

    def notify_subscribers(self, message: Message) -> None:
        """Deliver a message of the Inner Universe; subscribers get it as an `Event`."""
        self.publish_event(
            Event(
                message.id,
                message.type,
                message.data,
                message.timestamp,
                message.source,
                message.seq,
            )
        )

    def history(self, limit: int | None = None, event_type: str | Enum = _WILDCARD) -> list[Event]:
        """Return the delivered events that are remembered, newest first.

        Parameters
        ----------
        limit : int, optional
            At most so many.
        event_type : str or Enum
            Only these, by the rules of `subscribe`.
        """
        events = reversed(self._history.copy())
        wanted = _Subscription(_type_name(event_type), _ignore)
        return [e for e in events if wanted.matches(e.type)][:limit]

    def _deliver(self, event: Event) -> None:
        waiting, turn = self._waiting, self._turn
        if not waiting and turn.acquire(False):
            try:
                self._hand_out(event)
            finally:
                turn.release()
        else:
            waiting.append(event)
        self._deliver_waiting()

    def _deliver_waiting(self) -> None:
        waiting, turn = self._waiting, self._turn
        # Looked at again after each turn: an event may arrive just before the turn is given up.
        while waiting and turn.acquire(False):
            try:
                while waiting:
                    self._hand_out(waiting.popleft())
            finally:
                turn.release()

    def _hand_out(self, event: Event) -> None:
        if self._middleware:
            passed = self._filtered(event)
            if passed is None:
                return
            event = passed
        self._history.append(event)
        interrupt: BaseException | None = None
        for subscription in self._table.route(event.type):
            try:
                subscription.handler(event)
            except Exception:
                self._failures += 1
                logger.exception(
                    "handler %r failed on event %s (%s)", subscription.handler, event.id, event.type
                )
            except BaseException as error:  # noqa: BLE001 - raised below, after the others ran
                interrupt = error
        if interrupt is not None:
            raise interrupt

    def _filtered(self, event: Event) -> Event | None:
        passed: Event | None = event
        for middleware in self._middleware:
            assert passed is not None
            try:
                passed = middleware(passed)
            except Exception:
                self._failures += 1
                logger.exception("%r failed, so event %s was dropped", middleware, event.id)
                return None
            if passed is None:
                return None
        return passed


def new_event(
    event_type: str | Enum, data: Mapping[str, Any] | None = None, source: str | None = None
) -> Event:
    """Return an unconfirmed event with a fresh id (UUIDv7), the present time and checked data.

    Raises
    ------
    ValidationError
        When the type is not a name or the payload is outside the type table.
    """
    name = _publishable(event_type if type(event_type) is str else _type_name(event_type))
    checked = None if data is None else _checked_data(data)
    return Event(str(uuid7()), name, checked, time.time(), source)


def _frozen(event: Event) -> Event:
    """Return an event whose payload is read-only; that of a change is, once it is made."""
    if type(event) is ChangeEvent:
        return event
    data = event.data
    if data is None or isinstance(data, ReadOnlyDict):
        return event
    # The record of an item wraps properties that may themselves be of full depth.
    return replace(event, data=_checked_data(data, max_depth=MAX_DEPTH + 8))


def _type_name(event_type: str | Enum) -> str:
    if type(event_type) is str:
        return _checked_type(event_type)
    if isinstance(event_type, Enum):
        value = event_type.value
        return _checked_type(str(value) if isinstance(value, str) else event_type.name)
    return checked_name(event_type, "event_type")


@lru_cache(_MAX_ROUTES)
def _checked_type(name: str) -> str:
    return checked_name(name, "event_type")


@lru_cache(_MAX_ROUTES)
def _publishable(name: str) -> str:
    if _WILDCARD in checked_name(name, "event_type"):
        raise ValidationError("event_type", f"{name!r}: '*' is for subscribing only")
    return name


def _checked_data(data: Mapping[str, Any], *, max_depth: int = MAX_DEPTH) -> ReadOnlyDict:
    if type(data) is not dict:
        if not isinstance(data, Mapping):
            raise ValidationError("data", f"must be a dict or None, not {type(data).__name__}")
        data = dict(data)
    frozen: ReadOnlyDict = freeze(data, "data", max_depth=max_depth)
    return frozen


def _checked_callable(function: Any, name: str) -> Any:
    if not callable(function):
        raise ValidationError(name, f"must be callable, not {type(function).__name__}")
    if any(map(inspect.iscoroutinefunction, (function, type(function).__call__))):
        raise ValidationError(
            name,
            "must be a plain function: the bus has no event loop of its own; "
            "start a task on yours from the function, with loop.call_soon_threadsafe",
        )
    return function


def _ignore(event: Event) -> None:
    """Stand in for a handler where only the matching is wanted."""
