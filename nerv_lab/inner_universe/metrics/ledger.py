"""The balance of what was published: nothing may leave it but by a known outcome."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Balance", "Ledger", "Outcome"]

logger = logging.getLogger(__name__)

Outcome: TypeAlias = Literal["accepted", "rejected", "conflicted", "unknown"]


@dataclass(frozen=True, slots=True)
class Balance:
    """What became of everything that was handed over to be written.

    Attributes
    ----------
    published : int
        Changes, events, versions and moves of branches that were handed over.
    accepted : int
        Those that are durable.
    pending : int
        Those whose outcome is open: under way, or lost sight of with the server.
    rejected : int
        Those that were refused, or that the store could not take; nothing was written of them.
    conflicted : int
        Those that came too late, since somebody else had written; nothing was written of them.
    """

    published: int = 0
    accepted: int = 0
    pending: int = 0
    rejected: int = 0
    conflicted: int = 0

    @property
    def holds(self) -> bool:
        """Whether published = accepted + pending + rejected + conflicted, none of them below 0."""
        parts = self.accepted, self.pending, self.rejected, self.conflicted
        return self.published == sum(parts) and min(parts) >= 0

    def __str__(self) -> str:
        sign = "=" if self.holds else "≠"
        return (
            f"{self.published} published {sign} {self.accepted} accepted + {self.pending} pending "
            f"+ {self.rejected} rejected + {self.conflicted} conflicted"
        )


class Ledger:
    """Keeps the balance, and checks it at every entry; safe to use from any thread.

    Attributes
    ----------
    queued : callable
        Gives how much of what was handed over waits in an outbox by now, and how much of it was
        rejected and conflicted later. Whoever handed it over was told that it is safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._published = 0
        self._in_flight = 0
        self._accepted = 0
        self._rejected = 0
        self._conflicted = 0
        self._unknown = 0
        self._complained = False
        self.queued: Callable[[], tuple[int, int, int]] = lambda: (0, 0, 0)

    def publish(self, count: int) -> None:
        """Enter so many that are handed over now."""
        with self._lock:
            self._published += count
            self._in_flight += count
            self._check()

    def settle(self, count: int, outcome: Outcome) -> None:
        """Enter what became of so many of them."""
        with self._lock:
            self._in_flight -= count
            if outcome == "accepted":
                self._accepted += count
            elif outcome == "rejected":
                self._rejected += count
            elif outcome == "conflicted":
                self._conflicted += count
            else:
                self._unknown += count
            self._check()

    @property
    def in_flight(self) -> int:
        """How many are under way."""
        return self._in_flight

    @property
    def unknown(self) -> int:
        """How many were lost sight of: the server went before it could answer."""
        return self._unknown

    def balance(self) -> Balance:
        """Return the balance of this moment."""
        with self._lock:
            return self._balance()

    def _balance(self) -> Balance:
        waiting, rejected, conflicted = self.queued()
        # What is under way is in the outbox already.
        waiting = max(waiting - max(self._in_flight, 0), 0)
        return Balance(
            self._published,
            self._accepted - waiting - rejected - conflicted,
            self._in_flight + self._unknown + waiting,
            self._rejected + rejected,
            self._conflicted + conflicted,
        )

    def _check(self) -> None:
        settled = self._accepted + self._rejected + self._conflicted + self._unknown
        if self._published == settled + self._in_flight and self._in_flight >= 0:
            return
        if not self._complained:
            self._complained = True
            logger.error("the balance of what was published is broken: %s", self._balance())
