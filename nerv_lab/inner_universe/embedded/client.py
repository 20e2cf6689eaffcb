"""The client of an embedded store."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import apsw

from nerv_lab.core.errors import ValidationError
from nerv_lab.inner_universe.contract.client import CacheUse, EventHandler, Finding, Status
from nerv_lab.inner_universe.contract.records import TagsChanged
from nerv_lab.inner_universe.defaults import Synchronous
from nerv_lab.inner_universe.embedded.connecting import MEMORY, connect
from nerv_lab.inner_universe.embedded.database import Database
from nerv_lab.inner_universe.embedded.examining import examine
from nerv_lab.inner_universe.embedded.store import SqliteStore
from nerv_lab.inner_universe.embedded.watcher import Watcher
from nerv_lab.inner_universe.in_process.local import LocalInnerUniverse, Store
from nerv_lab.inner_universe.keys.store_keys import Key, KeySource

__all__ = ["EmbeddedInnerUniverse"]


class EmbeddedInnerUniverse(LocalInnerUniverse):
    """An Inner Universe in one SQLite file, or in memory.

    Several clients, in one process or in many, may have the same file open: their writes take
    turns, and each sees the others' within a few hundredths of a second.

    Parameters
    ----------
    path : str or path
        The file, created when it is not there, or ``":memory:"``.
    actor : str, optional
        The identity recorded in what this client writes.
    busy_timeout : float
        Seconds to wait while another writer holds the store.
    synchronous : {"FULL", "EXTRA", "NORMAL"}
        With ``"NORMAL"`` the last commits may be lost when the power fails.
    poll_interval : float
        Seconds between two looks for what others wrote, while somebody is subscribed.
    key : str, bytes or callable, optional
        Encrypts the file, or opens one that is encrypted; a callable gives it when it is needed.
        A store in memory is never written anywhere, and needs none.
    """

    backend = "embedded"

    def __init__(
        self,
        path: str | os.PathLike[str] = MEMORY,
        *,
        actor: str | None = None,
        busy_timeout: float = 5.0,
        synchronous: Synchronous = "FULL",
        poll_interval: float = 0.02,
        key: KeySource | None = None,
    ) -> None:
        self._path = os.fspath(path)
        if not self._path or "\0" in self._path:
            raise ValidationError("path", "must be the path of a file, or ':memory:'")
        if synchronous not in get_args(Synchronous):
            raise ValidationError(
                "synchronous", f"must be one of {', '.join(get_args(Synchronous))}"
            )
        super().__init__(self._path, actor=actor)
        self._busy_timeout = busy_timeout
        self._synchronous = synchronous
        self._poll_interval = poll_interval
        self._key = None if key is None else Key(key)
        self._watcher: Watcher | None = None
        self._watching = threading.Lock()

    def _open(self) -> Store:
        return SqliteStore(
            Database(
                self._path,
                busy_timeout=self._busy_timeout,
                synchronous=self._synchronous,
                key=self._key,
            )
        )

    @property
    def status(self) -> Status:
        """How the client stands to its store."""
        store = self._opened
        read_only = store.read_only if isinstance(store, SqliteStore) else None
        return replace(super().status, read_only=read_only)

    @property
    def cache_use(self) -> CacheUse:
        """How often an item that a write asked for was at hand."""
        store = self._opened
        return store.cache_use if isinstance(store, SqliteStore) else CacheUse()

    async def examine(self) -> list[Finding]:
        """Look how the file is: its size, the space left on the disk, and what is unused in it."""
        store = self._opened
        if not isinstance(store, SqliteStore):
            return []
        with store.reading("examine") as connection:
            encrypted = self._key is not None
            return examine(connection, self._path, encrypted=encrypted, read_only=store.read_only)

    async def rekey(self, key: KeySource | None) -> None:
        """Encrypt the file with another key, or for the first time; None ends that."""
        new_key = None if key is None else Key(key)
        store = self._opened
        if self._path == MEMORY or not isinstance(store, SqliteStore):
            return await super().rekey(key)
        with self._watching:
            watching = self._watcher is not None
            if self._watcher is not None:
                self._watcher.stop()
                self._watcher = None
            try:
                store.rekey(new_key)
                self._key = new_key
            finally:
                if watching:
                    self._watcher = self._new_watcher()

    def _new_watcher(self) -> Watcher:
        return Watcher(self._look, self._poll_interval, self._seen)

    def _seen(self) -> bool:
        """Deliver what others wrote; say whether it was done."""
        done = self._delivery.look()
        self._tags.look()
        return done

    async def close(self) -> None:
        """Drop the subscriptions, end the watching thread and close the file."""
        self._delivery.close()
        with self._watching:
            watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()
        await super().close()

    def subscribe(
        self,
        handler: EventHandler,
        *,
        settled: Callable[[], None] | None = None,
        after: int | None = None,
    ) -> Callable[[], None]:
        """Hand over every confirmed event, own or foreign, exactly once and in log order."""
        unsubscribe = super().subscribe(handler, settled=settled, after=after)
        self._watch()
        return unsubscribe

    def on_tags(self, changed: TagsChanged) -> Callable[[], None]:
        """Call a function with all tags when one was set, by whomever; returns how to end it."""
        forget = super().on_tags(changed)
        self._watch()
        return forget

    def _watch(self) -> None:
        with self._watching:
            if self._watcher is None and self._path != MEMORY:
                self._watcher = self._new_watcher()

    def _look(self) -> apsw.Connection:
        return connect(self._path, self._busy_timeout, self._key)
