"""The whole history of a Lab in one file, and back."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from nerv_lab.core.errors import HistoryPrunedError, TransactionError
from nerv_lab.core.events import Event
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.bundles import Bundle, BundleReport, write_bundle
from nerv_lab.inner_universe.bundles.comparing import common_end
from nerv_lab.inner_universe.contract.client import InnerUniverseClient
from nerv_lab.inner_universe.contract.progress import Progress, told
from nerv_lab.lab.changes.transactions import Transaction

if TYPE_CHECKING:
    from nerv_lab.inner_universe.contract.records import StoredHistory

__all__ = ["Bundler", "take_in"]

_T = TypeVar("_T")
Run: TypeAlias = Callable[[Coroutine[Any, Any, Any]], Any]


class Bundler:
    """Writes and takes in bundles."""

    _client: InnerUniverseClient

    @abstractmethod
    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    @abstractmethod
    def _open_transaction(self) -> Transaction | None: ...

    def export(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        progress: Progress = None,
    ) -> BundleReport:
        """Write the whole history into one file: a bundle, which any store can take in.

        It holds every event, version, delta, branch and tag, with their ids, times and authors.
        Others may go on writing; the bundle ends where the log ended when it was begun.

        Parameters
        ----------
        path : str or path
            The file; it is there when it is whole, or not at all.
        overwrite : bool
            Replace a file that is there.
        progress : bool or callable, optional
            True shows a bar; a callable is called as ``progress(done, total)``, in records.

        Raises
        ------
        ValidationError
            There is such a file already.
        NERVPersistenceError
            The file cannot be written, or the store not be read.
        HistoryPrunedError
            A part of the history was pruned.
        """
        _check_whole(self._client, self._run)
        source = _Source(self._client, self._run)
        return write_bundle(path, source, overwrite=overwrite, progress=progress)

    def import_bundle(
        self, path: str | os.PathLike[str], *, progress: Progress = None
    ) -> BundleReport:
        """Take in the history of a bundle as it is, with its ids, times and authors.

        Every hash, digest and state is computed again before anything changes. The store must be
        empty, or hold a beginning of the history, or all of it; then only what is missing is
        taken in, and a second import changes nothing.

        Parameters
        ----------
        path : str or path
            The bundle.
        progress : bool or callable, optional
            True shows a bar; a callable is called as ``progress(done, total)``, in records.

        Raises
        ------
        BundleError
            It is no bundle, or not as it was written; nothing was changed.
        ConflictError
            The store has a history of its own; nothing was changed.
        HistoryPrunedError
            A part of the store's history was pruned; nothing was changed.
        """
        if self._open_transaction():
            raise TransactionError("leave the transaction before you import")
        with told(progress) as meter, Bundle(path, meter=meter) as bundle:
            new_events = take_in(bundle, self._client, self._run)
            self._client.deliver()
            return bundle.report(new_events)

    def load_history(self, history: StoredHistory) -> None:
        """Take in a history that was made elsewhere as it is, or nothing of it.

        Parameters
        ----------
        history : StoredHistory
            Its hashes, digests and states have to be right: they are not computed again here.

        Raises
        ------
        LogMovedError
            The log does not end where the history begins.
        """
        if self._open_transaction():
            raise TransactionError("leave the transaction before you import")
        self._run(self._client.load_history(history))
        self._client.deliver()


def take_in(bundle: Bundle, client: InnerUniverseClient, run: Run) -> int:
    """Let a store take in what it lacks of a bundle, and return how many events that are.

    Parameters
    ----------
    bundle : Bundle
        Verified, as every open one is.
    client : InnerUniverseClient
        The store, connected.
    run : callable
        Runs a coroutine of the client.

    Raises
    ------
    ConflictError
        The store has a history of its own; nothing was changed.
    HistoryPrunedError
        A part of the store's history was pruned; nothing was changed.
    """
    _check_whole(client, run)
    last = bundle.manifest.last_seq
    after = common_end(bundle, _Source(client, run))
    if after < last:
        run(client.load_history(bundle.history(after)))
        return last - after
    # The history is here already; names that stand for something else now stay as they are.
    known = run(client.tags())
    for name, version_id in bundle.tags.items():
        if name not in known:
            run(client.set_tag(name, version_id))
    return 0


def _check_whole(client: InnerUniverseClient, run: Run) -> None:
    if run(client.retention()).generation:
        raise HistoryPrunedError("a part of this history", "a bundle holds a whole one")


class _Source:
    """A client, asked by a synchronous caller."""

    def __init__(self, client: InnerUniverseClient, run: Run) -> None:
        self._client = client
        self._run = run

    def last_seq(self) -> int:
        seq: int = self._run(self._client.last_seq())
        return seq

    def events(self, after: int, limit: int, until: int) -> list[Event]:
        events: list[Event] = self._run(self._client.events(after, limit, until))
        return events

    def versions(self) -> list[Version]:
        versions: list[Version] = self._run(self._client.versions())
        return versions

    def delta(self, version_id: str) -> bytes:
        delta: bytes = self._run(self._client.delta(version_id))
        return delta

    def tags(self) -> dict[str, str]:
        tags: dict[str, str] = self._run(self._client.tags())
        return tags
