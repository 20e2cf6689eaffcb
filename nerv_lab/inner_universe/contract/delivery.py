"""Handing confirmed events to subscribers: gapless, exactly once, in log order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nerv_lab.core.errors import NervError
from nerv_lab.core.events import Event
from nerv_lab.inner_universe.contract.client import EventHandler

__all__ = ["Delivery"]

logger = logging.getLogger(__name__)


class _Subscription:
    """A handler and the last position that it was given; ``active`` until it unsubscribes."""

    __slots__ = ("active", "after", "handler", "settled")

    def __init__(
        self, handler: EventHandler, settled: Callable[[], None] | None, after: int
    ) -> None:
        self.handler = handler
        self.settled = settled
        self.after = after
        self.active = True


class _Writing:
    """A block in which its thread writes; blocks may overlap between threads."""

    __slots__ = ("_delivery",)

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def __enter__(self) -> None:
        self._delivery.count_writers(1)

    def __exit__(self, *raised: object) -> None:
        self._delivery.count_writers(-1)


class Delivery:
    """Follows a log for all subscribers of one client.

    Whoever learns of new events, a writer or a watching thread, calls in. One of them at a time
    delivers, under the delivery lock, so that every handler sees one order; an event written
    by a handler waits until the present batch has reached every handler.

    Parameters
    ----------
    read : callable
        Given a position, returns events behind it: whole transactions, and as many as are
        convenient; none when there are none.
    last_seq : callable
        Returns the position of the newest event.
    """

    def __init__(
        self, read: Callable[[int], tuple[Event, ...]], last_seq: Callable[[], int]
    ) -> None:
        self._read = read
        self._last_seq = last_seq
        self._lock = threading.RLock()
        self._subscriptions: tuple[_Subscription, ...] = ()
        # Guards the tuple alone, so that unsubscribing never waits for a handler.
        self._listing = threading.Lock()
        self._position = 0
        self._draining = False
        # Set by whoever cannot deliver because another does; that one looks again.
        self._pending = False
        # Writers at work: each delivers what it wrote, from memory, and what came before it.
        self._writers = 0
        self._writing = _Writing(self)
        self._due: list[Callable[[], None]] = []

    def subscribe(
        self,
        handler: EventHandler,
        settled: Callable[[], None] | None = None,
        after: int | None = None,
    ) -> Callable[[], None]:
        """Add a handler, as `InnerUniverseClient.subscribe` says."""
        with self._lock:
            newest = self._last_seq()
            if not self._subscriptions:
                self._position = newest
            subscription = _Subscription(handler, settled, newest if after is None else after)
            if after is not None:
                while events := self._read(subscription.after):
                    self._call(subscription, events)
            with self._listing:
                self._subscriptions = (*self._subscriptions, subscription)
            due = self._take_due()
        self._settle(due)

        def unsubscribe() -> None:
            subscription.active = False
            with self._listing:
                self._subscriptions = tuple(s for s in self._subscriptions if s.active)

        return unsubscribe

    def close(self) -> None:
        """End every subscription."""
        with self._listing:
            for subscription in self._subscriptions:
                subscription.active = False
            self._subscriptions = ()

    def writing(self) -> _Writing:
        """Return a block in which no watching thread reads back what this one hands over."""
        return self._writing

    def count_writers(self, change: int) -> None:
        """Count a writer who begins or ends."""
        with self._listing:
            self._writers += change

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Hold up all delivery, so that the log can be exchanged for another."""
        with self._lock:
            yield

    def go_to(self, position: int) -> None:
        """Go on behind a position, for every subscriber; only while delivery is halted."""
        with self._lock:
            self._position = position
            for subscription in self._subscriptions:
                subscription.after = position
            self._pending = True

    @property
    def position(self) -> int:
        """The last position that was delivered."""
        return self._position

    def look(self) -> bool:
        """Deliver what is new, unless a writer is at work; say whether it was done."""
        if self._writers:
            return False
        self.wake()
        return True

    def hand_over(self, own: tuple[Event, ...]) -> None:
        """Deliver events that this client has just written, and what precedes them.

        Raises nothing of the store's: the events are durable whether or not delivery works, and
        what could not be read now is delivered with the next events.
        """
        if not self._subscriptions:
            return
        try:
            self._deliver(own)
        except NervError:
            logger.exception("events could not be read for delivery")

    def catch_up(self) -> None:
        """Deliver every event the log holds by now."""
        if self._subscriptions:
            self._deliver(())

    def wake(self) -> None:
        """Deliver what is new, or leave it to the thread that is delivering already."""
        self._pending = True
        while self._pending and self._subscriptions and self._lock.acquire(blocking=False):
            try:
                self._drain(())
            finally:
                due = self._take_due()
                self._lock.release()
            self._settle(due)
            if self._draining:
                return

    def _deliver(self, own: tuple[Event, ...]) -> None:
        with self._lock:
            try:
                self._drain(own)
            finally:
                due = self._take_due()
        self._settle(due)
        # Somebody may have come just before the lock was given up.
        if self._pending and not self._draining:
            self.wake()

    def _drain(self, own: tuple[Event, ...]) -> None:
        if self._draining:
            self._pending = True
            return
        self._draining = True
        try:
            events = own if own and own[0].seq == self._position + 1 else self._next()
            while events:
                self._position = _seq(events[-1])
                self._notify(events)
                events = self._next() if self._pending else ()
        finally:
            self._draining = False

    def _next(self) -> tuple[Event, ...]:
        self._pending = False
        events = self._read(self._position)
        if events:
            self._pending = True  # there may be more
        return events

    def _notify(self, events: tuple[Event, ...]) -> None:
        interrupt: BaseException | None = None
        for subscription in self._subscriptions:
            try:
                self._call(subscription, events)
            except BaseException as error:  # noqa: BLE001 - raised below, after the others ran
                interrupt = error
        if interrupt is not None:
            raise interrupt

    def _call(self, subscription: _Subscription, events: tuple[Event, ...]) -> None:
        if _seq(events[0]) <= subscription.after:
            events = tuple(e for e in events if _seq(e) > subscription.after)
        if not events or not subscription.active:
            return
        subscription.after = _seq(events[-1])
        if subscription.settled is not None and subscription.settled not in self._due:
            self._due.append(subscription.settled)
        try:
            subscription.handler(events)
        except Exception:
            logger.exception(
                "handler %r failed on events %s to %s",
                subscription.handler,
                events[0].seq,
                events[-1].seq,
            )

    def _take_due(self) -> list[Callable[[], None]]:
        """Return what to run after the lock is given up; nothing while a delivery goes on."""
        if self._draining:
            return []
        due, self._due = self._due, []
        return due

    @staticmethod
    def _settle(due: list[Callable[[], None]]) -> None:
        for settled in due:
            try:
                settled()
            except Exception:
                logger.exception("%r failed after delivery", settled)


def _seq(event: Event) -> int:
    assert event.seq is not None
    return event.seq
