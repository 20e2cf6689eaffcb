"""The Lab: one graph, its present and its past, in one object."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from nerv_lab.core.changes import Change
from nerv_lab.core.checks import checked_name
from nerv_lab.core.collecting import collector_paused
from nerv_lab.core.encrypted import Reveal
from nerv_lab.core.errors import (
    HistoryPrunedError,
    StoreClosedError,
    TransactionError,
    ValidationError,
)
from nerv_lab.core.events import DEFAULT_BRANCH, Event
from nerv_lab.core.perspective import PerspectiveAware
from nerv_lab.core.record_html import record_html
from nerv_lab.core.signatures import Chains, SignedHead
from nerv_lab.core.state import GraphState
from nerv_lab.core.temporal import TemporalStore
from nerv_lab.core.versions import Version
from nerv_lab.inner_universe.client import InnerUniverseClient, Problem, Receipt, Status
from nerv_lab.inner_universe.comparing import Contents, differences, read_contents
from nerv_lab.inner_universe.embedded.keys import hide
from nerv_lab.inner_universe.field_keys import FieldEncryption
from nerv_lab.inner_universe.metrics import observing
from nerv_lab.inner_universe.signing import checked_public_keys
from nerv_lab.lab.access import Access
from nerv_lab.lab.branching import Brancher
from nerv_lab.lab.bundling import Bundler
from nerv_lab.lab.buses import RecordingBus
from nerv_lab.lab.committing import Committer
from nerv_lab.lab.debugging import Debugger
from nerv_lab.lab.delegates import delegated
from nerv_lab.lab.driving import run
from nerv_lab.lab.encrypting import Revealer, Vault
from nerv_lab.lab.event_log import EventLog
from nerv_lab.lab.follower import ConfirmedBatch, Follower
from nerv_lab.lab.observing import Observer
from nerv_lab.lab.past import TimeTraveller
from nerv_lab.lab.provenance import Provenance
from nerv_lab.lab.pruner import Pruner
from nerv_lab.lab.results import VerifyReport
from nerv_lab.lab.resyncing import Resyncer
from nerv_lab.lab.retaining import Keeper
from nerv_lab.lab.schema_checks import SchemaChecker
from nerv_lab.lab.schemas import Schemas
from nerv_lab.lab.showing import Shower
from nerv_lab.lab.signing import Notary
from nerv_lab.lab.transactions import Transaction
from nerv_lab.lab.travel import Ref, Travel, is_reserved_name
from nerv_lab.lab.undoing import Undoer
from nerv_lab.lab.views import View
from nerv_lab.lab.writing import GraphWriter

if TYPE_CHECKING:
    from pydantic import BaseModel

    from nerv_lab.inner_universe.embedded.keys import KeySource
    from nerv_lab.inner_universe.signing import SigningKey

__all__ = ["Lab"]

_T = TypeVar("_T")


class Lab(
    GraphWriter,
    TimeTraveller,
    Keeper,
    Notary,
    Committer,
    Brancher,
    Undoer,
    Debugger,
    Bundler,
    Resyncer,
    Observer,
    Revealer,
    Shower,
):
    """A knowledge graph that is kept in an Inner Universe, with its whole history.

    Use `nerv_lab.open` to make one. What is written here is durable when the call returns; what
    others write appears by itself. A Lab may be used from several threads.

    Parameters
    ----------
    client : InnerUniverseClient
        Where the graph is kept. The Lab connects it and closes it.
    author : str, optional
        Recorded as the author of versions and the source of changes.
    vault : Vault, optional
        Which properties are kept encrypted, and with what.
    signing_key : SigningKey, optional
        Signs what is committed.

    Attributes
    ----------
    bus : EventBus
        Delivers every confirmed event once, whoever wrote it; publishing on it records first.
    events : EventLog
        The confirmed events, oldest first.
    perspectives : PerspectiveAware
        Named views of the present state.
    schemas : Schemas
        What the items of each type are to be like.
    """

    def __init__(
        self,
        client: InnerUniverseClient,
        *,
        author: str | None = None,
        vault: Vault | None = None,
        signing_key: SigningKey | None = None,
    ) -> None:
        self._client = self._observed = observing(client)
        self._author = None if author is None else checked_name(author, "author")
        self._local = threading.local()
        self._undoing: dict[str, str] = {}
        self._vault = Vault(FieldEncryption(), None) if vault is None else vault
        self._signing_key = signing_key
        self._last_signed = None
        self._has_unsigned = False
        self._checker = SchemaChecker(self._vault.revealed)
        self._closing = threading.Lock()
        self._closed = False
        self._on_close: list[Callable[[], object]] = []
        self._run(self._client.connect())
        try:
            self._follow()
            self._add_instruments()
        except BaseException:
            self._run(self._client.close())
            raise

    @collector_paused()
    def _follow(self) -> None:
        client = self._client
        self.bus = RecordingBus(self._record)
        self.events = EventLog(
            lambda after, limit, until: self._run(client.events(after, limit, until)),
            lambda: self._follower.seq,
            lambda: self._follower.floor,
        )
        self._history = TemporalStore(
            load_delta=lambda id: self._run(client.delta(id)),
            load_bridge=lambda id: self._run(client.bridge(id)),
            load_top=self._load_top,
        )
        self._chains = Chains(self._history.get_version)
        self._follower = Follower(self._history, self.bus)
        self._travel = Travel(
            self._history,
            self._follower,
            self.events,
            lambda: self.tags,
            lambda: self.state,
            self._reveals,
        )
        self._provenance = Provenance(self._history, self._follower, self.events, self._travel)
        snapshot = self._run(client.snapshot(DEFAULT_BRANCH))
        # Whatever is newer than the snapshot comes again as an event, and puts the heads right.
        for version in self._run(client.versions()):
            self._history.add(version, confirmed=True)
        branches = self._run(client.branches())
        for name in self._history.heads.keys() | branches.keys():
            self._history.move(name, branches[name].head if name in branches else None)
        self._history.move(DEFAULT_BRANCH, snapshot.head)
        state = GraphState.build(snapshot.items)
        moves = {name: branch.moved_at for name, branch in branches.items()}
        moved_at = moves[DEFAULT_BRANCH]
        retention = self._run(client.retention())
        self._history.thin(retention)
        self._follower.start(DEFAULT_BRANCH, state, snapshot.seq, moves, retention.floor)
        self._follower.resume(self._since_head(snapshot.head, snapshot.seq, moved_at))
        self._pruner = Pruner(
            client,
            self._history,
            self._follower,
            self.events,
            lambda: self.tags,
            self._write,
            self.refresh,
        )
        self._begin_retention()
        self.perspectives = PerspectiveAware(lambda: self.state)
        self.schemas = Schemas(
            self,
            self._checker,
            self._migrate,
            lambda ref: self.at(ref).state,
        )
        self._unsubscribe = client.subscribe(
            self._follower.receive, settled=self._follower.tell, after=snapshot.seq
        )
        self._begin_resync()

    def _load_top(self, top: str) -> GraphState:
        found, items = self._run(self._client.top())
        if found != top:
            raise HistoryPrunedError(
                f"what led to version {top!r}", "others are pruning; refresh and try again"
            )
        return GraphState.build(items)

    # Lifecycle

    @property
    def client(self) -> InnerUniverseClient:
        """The connection to the Inner Universe, with its asynchronous contract."""
        return self._client

    @property
    def uri(self) -> str:
        """Where the graph is kept."""
        return self._client.uri

    @property
    def status(self) -> Status:
        """Backend, connection state, identity and lag."""
        return self._client.status

    @property
    def access(self) -> Access:
        """Who may do what, to look at and to change."""
        return Access(self._client, self._run)

    @property
    def branch_name(self) -> str:
        """The branch that is written to."""
        return self._follower.branch

    @property
    def closed(self) -> bool:
        """Whether the Lab was closed."""
        return self._closed

    def on_close(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call a function when the Lab closes; returns how to take it back."""
        self._on_close.append(callback)

        def forget() -> None:
            if callback in self._on_close:
                self._on_close.remove(callback)

        return forget

    def close(self) -> None:
        """Stop following and disconnect; closing twice is fine."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
        for callback in tuple(self._on_close):
            callback()
        self._unsubscribe()
        run(self._client, self._client.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        if self._closed:
            coroutine.close()
            raise StoreClosedError("this lab was closed; open it again with nerv_lab.open(...)")
        return run(self._client, coroutine)

    def _write(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        """Run a coroutine that gives rise to events, and take them in before returning."""
        result = self._run(coroutine)
        self._client.deliver()
        return result

    def refresh(self) -> None:
        """Take in, now, everything the store holds; it would come by itself a moment later."""
        self._write(self._client.refresh())

    # Reading

    @property
    def state(self) -> GraphState:
        """The graph as it is now, inside a transaction as the transaction has made it."""
        transaction = self._open_transaction()
        return transaction.state if transaction else self._follower.state

    def _part(self, state: GraphState, label: str) -> View:
        return View(state, label=label, seq=self.seq, reveal=self._reveals)

    @property
    def _reveals(self) -> Reveal | None:
        return None if self._vault.keys is None else self._vault.reveal

    @property
    def seq(self) -> int:
        """Position in the log of the last event that was taken in."""
        return self._follower.seq

    def models(
        self, type: str, *, relation: bool = False, at: Ref | None = None
    ) -> dict[str, BaseModel]:
        """Return the items of a type as instances of their model; see `Schemas.models`."""
        return self.schemas.models(type, relation=relation, at=at)

    def watch(self, handler: Callable[[ConfirmedBatch], None]) -> Callable[[], None]:
        """Call a function with each batch of confirmed events from now on.

        Parameters
        ----------
        handler : callable
            Called in log order, from any thread, with no lock held.

        Returns
        -------
        callable
            Ends it.
        """
        return self._follower.watch(handler)

    # Writing

    def apply(
        self, changes: Sequence[Change], *, reason: str | None = None, commit: str | None = None
    ) -> Receipt:
        """Make all of the changes, or none of them, as one batch of events.

        Parameters
        ----------
        changes : sequence of Change
            From `nerv_lab.core.changes`.
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
            return Receipt("", self.seq + 1, self.seq, transaction.add(changes))
        if commit is not None:
            return self._commit(commit, self._author, changes, reason=reason)[0]
        self._checker.check(self._follower.state, changes)
        return self._write(
            self._client.apply(changes, reason=reason, source=self._author, branch=self.branch_name)
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

    def _migrate(
        self, description: str, changes: Callable[[GraphState], Sequence[Change]]
    ) -> Version:
        self._outside_transaction("migrate")
        return self._commit(description, self._author, changes, reason=description)[1]

    def _record(self, event: Event) -> None:
        if self._open_transaction():
            raise TransactionError("publish the event after the transaction; it is not a change")
        self._write(self._client.publish([event]))

    # Versions

    @property
    def head(self) -> Version | None:
        """The newest version, or None before the first commit."""
        return self._history.head(self.branch_name)

    @property
    def tags(self) -> dict[str, str]:
        """The version id of each tag."""
        return self._run(self._client.tags())

    def tag(self, name: str, ref: Version | View | str = "head") -> Version:
        """Give a version a name; a name that is taken moves.

        Raises
        ------
        ValidationError
            The name already means a version, such as ``"v3"`` or ``"head"``.
        """
        checked = checked_name(name, "tag")
        if is_reserved_name(checked) or checked in self._history:
            raise ValidationError("tag", f"{name!r} already means a version; choose another name")
        version = self._travel.kept(ref)
        self._run(self._client.set_tag(checked, version.id))
        self._follower.touch()
        return version

    def publish_module(self) -> str:
        """Give the server this Lab is on the module of this nerv-lab; the data stays.

        Returns
        -------
        str
            The address of the database.

        Raises
        ------
        ValidationError
            The Lab is not on a server.
        """
        return self._run(self._client.publish_module())

    def rekey(self, key: KeySource | None) -> None:
        """Encrypt the store file with another key, or for the first time; None ends that.

        The file is written anew, verified, and put in the place of the old one; whatever stops
        the process meanwhile, it is the old or the new one.

        Parameters
        ----------
        key : str, bytes, callable or None
            What is to open the store from now on.

        Raises
        ------
        ValidationError
            The Lab is not on a file, or the key is empty.
        StoreInUseError
            Somebody else has the file open; nothing was changed.
        """
        hidden, key = hide(key), None  # tracebacks may show what variables hold
        self._run(self._client.rekey(hidden))

    def verify(
        self,
        against: Lab | None = None,
        *,
        trusted: Iterable[str | SigningKey] | None = None,
        known: Iterable[SignedHead | str] = (),
    ) -> VerifyReport:
        """Recompute every hash, digest and row of the store, and compare memory with it.

        Parameters
        ----------
        against : Lab, optional
            A Lab on another store that is to hold the same history, such as a copy on a server:
            also compare event by event, version by version and row by row. Only so are tags, the
            data of your own events, and who wrote an event and why, checked too. Nobody should be
            writing to either meanwhile.
        trusted : iterable of str or SigningKey, optional
            Public keys: also check what was signed, and that every version is signed by one of
            them since the first signature.
        known : iterable of SignedHead or str
            Signed heads that you kept elsewhere; what they say has to be there still.

        Returns
        -------
        VerifyReport
            What is wrong, and where.
        """
        self.refresh()
        problems = self._run(self._client.verify())
        stored = self._run(self._client.snapshot(self.branch_name))
        position = self._follower.position()
        if stored.seq == position.seq and GraphState.build(stored.items) != position.state:
            problems.append(Problem("memory", "the state in memory is not that of the store"))
        if self._vault.keys is not None:
            problems.extend(self._vault.problems(position.branch, position.state))
        if against is not None:
            here, there = self._contents(), against._contents()
            problems.extend(differences(here, there, against.uri))
        keys = None if trusted is None else checked_public_keys(trusted)
        if keys is not None:
            problems.extend(self._signature_problems(keys, known))
        return VerifyReport(
            tuple(problems), len(self._history), self.seq, None if keys is None else len(keys)
        )

    def _contents(self) -> Contents:
        return self._run(read_contents(self._client))

    def __repr__(self) -> str:
        if not hasattr(self, "_follower"):
            return "<Lab: not open>"  # as a traceback shows it that could not be opened
        if self._closed:
            return f"<Lab {self.uri}: closed>"
        position = self._follower.position()
        head = "no versions"
        if position.head:
            head = f"{self.version_label(position.head)} {position.head.description!r}"
        pending = len(self.diff())
        changes = f", {pending} uncommitted changes" if pending else ""
        queued = self.status.queued
        changes += f", {queued} queued" if queued else ""
        return (
            f"<Lab {self.uri}: {len(self.entities)} entities, "
            f"{len(self.relations)} relations, {head}{changes}>"
        )

    def _repr_html_(self) -> str:
        if self._closed:
            return record_html("Lab", [("uri", self.uri), ("state", "closed")])
        position, entities, relations = self._follower.position(), self.entities, self.relations
        head = position.head
        label = f"{self.version_label(head)} {head.description}" if head else "no versions"
        rows = [
            ("uri", self.uri),
            ("branch", position.branch),
            ("head", label),
            ("uncommitted changes", str(len(self.diff()))),
            ("entities", repr(entities).strip("<>")),
            ("relations", repr(relations).strip("<>")),
            ("events", str(position.seq)),
        ]
        if self._client.outbox is not None:
            rows.append(("outbox", self.outbox.summary.removeprefix("outbox: ")))
        return record_html("Lab", rows)

    def _repr_svg_(self) -> str | None:
        if self._closed:
            return None
        picture: str = delegated("widgets.svg", "graph_svg")(self.state, repr(self).strip("<>"))
        return picture
