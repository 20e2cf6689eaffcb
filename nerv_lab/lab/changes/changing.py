"""Changing a graph: one batch at a time, or all that a block does at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from nerv_lab.core.errors import TransactionError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.client import Receipt
from nerv_lab.lab.changes.committing import Committer
from nerv_lab.lab.changes.transactions import Transaction
from nerv_lab.lab.changes.writing import GraphWriter

__all__ = ["Changer"]


class Changer(GraphWriter, Committer):
    """The changes that a Lab makes, each a batch."""

    _local: threading.local

    def apply(
        self, changes: Sequence[Change], *, reason: str | None = None, commit: str | None = None
    ) -> Receipt:
        """Make all of the changes, or none of them, as one batch of events.

        Parameters
        ----------
        changes : sequence of Change
            From `nerv_lab.core.graph.changes`.
        reason : str, optional
            Why; recorded in each event.
        commit : str, optional
            Make the state they lead to a version of this description, in the same transaction.

        Returns
        -------
        Receipt
            What was done. Inside a transaction it stands for no events yet.

        Raises
        ------
        SchemaMismatchError
            An item would not fit the schema of its type; nothing was changed. Of a transaction,
            what it leads to as a whole has to fit.
        """
        changes = list(changes)
        if commit is None:  # else they are encrypted for the state that the commit meets
            changes = self._vault.sealed(self.state, changes)
        if transaction := self._open_transaction():
            if commit is not None:
                raise TransactionError("name the version where the transaction begins")
            return Receipt("", self._follower.seq + 1, self._follower.seq, transaction.add(changes))
        if commit is not None:
            return self._commit(commit, self._author, changes, reason=reason)[0]
        self._checker.check(self._follower.state, changes)
        branch = self._follower.branch
        return self._write(
            self._client.apply(changes, reason=reason, source=self._author, branch=branch)
        )

    @contextmanager
    def transaction(
        self, reason: str | None = None, *, commit: str | None = None
    ) -> Iterator[Transaction]:
        """Make everything this thread writes in the block one batch, or nothing if it raises.

        Parameters
        ----------
        reason : str, optional
            Why; recorded in each event.
        commit : str, optional
            Make the state that the block leads to a version of this description, together with
            its changes.

        Raises
        ------
        TransactionError
            A transaction is open in this thread already.
        """
        if self._open_transaction():
            raise TransactionError("a transaction is open already; they do not nest")
        transaction = Transaction(self._follower.state)
        self._local.transaction = transaction
        try:
            yield transaction
        finally:
            self._local.transaction = None
        if transaction.changes or commit is not None:
            self.apply(transaction.changes, reason=reason, commit=commit)

    def _open_transaction(self) -> Transaction | None:
        transaction: Transaction | None = getattr(self._local, "transaction", None)
        return transaction

    def _outside_transaction(self, doing: str) -> None:
        if self._open_transaction():
            raise TransactionError(f"leave the transaction before you {doing}")

    def _migrate(
        self, description: str, changes: Callable[[GraphState], Sequence[Change]]
    ) -> Version:
        self._outside_transaction("migrate")
        return self._commit(description, self._author, changes, reason=description)[1]

    def _record(self, event: Event) -> None:
        if self._open_transaction():
            raise TransactionError("publish the event after the transaction; it is not a change")
        self._write(self._client.publish([event]))
