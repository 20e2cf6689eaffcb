"""The Lab: one graph, its present and its past, in one object."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from nerv_lab.core.checks import checked_name
from nerv_lab.core.collecting import collector_paused
from nerv_lab.core.errors import (
    HistoryPrunedError,
    ValidationError,
)
from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.core.graph.record_html import record_html
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.signatures import Chains
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version
from nerv_lab.core.perspective import PerspectiveAware
from nerv_lab.core.text import counted, graph_size
from nerv_lab.core.values.encrypted import Reveal
from nerv_lab.inner_universe.contract.client import InnerUniverseClient, Status
from nerv_lab.inner_universe.keys.field_keys import FieldEncryption
from nerv_lab.inner_universe.keys.store_keys import hide
from nerv_lab.inner_universe.metrics import observing
from nerv_lab.lab.announcing import ConfirmedBatch
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.branches.branching import Brancher
from nerv_lab.lab.bundling import Bundler
from nerv_lab.lab.buses import RecordingBus
from nerv_lab.lab.changes.changing import Changer
from nerv_lab.lab.changes.undoing import Undoer
from nerv_lab.lab.follower import Follower
from nerv_lab.lab.lifetime import Lifetime
from nerv_lab.lab.observing import Observer
from nerv_lab.lab.past.debugging import Debugger
from nerv_lab.lab.past.event_log import EventLog
from nerv_lab.lab.past.facade import TimeTraveller
from nerv_lab.lab.past.provenance import Provenance
from nerv_lab.lab.past.pruner import Pruner
from nerv_lab.lab.past.retaining import Keeper
from nerv_lab.lab.past.travel import Ref, Travel, is_reserved_name
from nerv_lab.lab.resyncing import Resyncer
from nerv_lab.lab.schemas.checks import SchemaChecker
from nerv_lab.lab.schemas.schemas import Schemas
from nerv_lab.lab.security.access import Access
from nerv_lab.lab.security.encrypting import Vault
from nerv_lab.lab.security.revealing import Revealer
from nerv_lab.lab.showing import Shower
from nerv_lab.lab.verifying import Verifier

if TYPE_CHECKING:
    from pydantic import BaseModel

    from nerv_lab.inner_universe.keys.signing import SigningKey
    from nerv_lab.inner_universe.keys.store_keys import KeySource

__all__ = ["Lab"]

_T = TypeVar("_T")


class Lab(
    Lifetime,
    TimeTraveller,
    Keeper,
    Verifier,
    Changer,
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
        super().__init__()
        self._client = self._observed = observing(client)
        self._author = None if author is None else checked_name(author, "author")
        self._local = threading.local()
        self._undoing: dict[str, str] = {}
        self._vault = Vault(FieldEncryption(), None) if vault is None else vault
        self._signing_key = signing_key
        self._last_signed = None
        self._has_unsigned = False
        self._checker = SchemaChecker(self._vault.revealed)
        self._run(self._client.connect())
        try:
            self._follow()
            self._vault.adopt(self.state)
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
            load_deltas=lambda ids: self._run(client.deltas(ids)),
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
            self._follower.receive, settled=self._follower.announcer.tell, after=snapshot.seq
        )
        self._begin_resync()

    def _load_top(self, top: str) -> GraphState:
        found, items = self._run(self._client.top())
        if found != top:
            raise HistoryPrunedError(
                f"what led to version {top!r}", "others are pruning; refresh and try again"
            )
        return GraphState.build(items)

    # Where it is kept

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
        return self._follower.announcer.watchers.add(handler)

    # Versions

    @property
    def head(self) -> Version | None:
        """The newest version, or None before the first commit."""
        return self._history.head(self.branch_name)

    @property
    def tags(self) -> dict[str, str]:
        """The version id of each tag."""
        return dict(self._run(self._client.tags()))

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
        changes = f", {counted(pending, 'uncommitted change')}" if pending else ""
        queued = self.status.queued
        changes += f", {queued} queued" if queued else ""
        return (
            f"<Lab {self.uri}: {graph_size(len(self.entities), len(self.relations))}, "
            f"{head}{changes}>"
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
        return None if self._closed else super()._repr_svg_()
