"""Signing what a Lab commits, and checking what was signed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any, TypeVar

from nerv_lab.core.errors import DuplicateIdError, NervError, ValidationError
from nerv_lab.core.events import DEFAULT_BRANCH, Event, EventType
from nerv_lab.core.graph.permissions import SIGNED
from nerv_lab.core.history.signatures import (
    Chains,
    SignedHead,
    SignedHistory,
    check_signatures,
    signed_heads,
)
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version
from nerv_lab.inner_universe.contract.client import InnerUniverseClient, Problem
from nerv_lab.inner_universe.keys.signing import SigningKey, checked_public_keys, is_genuine
from nerv_lab.lab.asking.reading import View
from nerv_lab.lab.past.event_log import EventLog
from nerv_lab.lab.past.travel import Travel

__all__ = ["Notary"]

_T = TypeVar("_T")
_ATTEMPTS = 20
_PAGE = 5_000


class Notary:
    """What a Lab does with signatures."""

    _client: InnerUniverseClient
    _history: TemporalStore
    _travel: Travel
    _author: str | None
    _signing_key: SigningKey | None
    _chains: Chains
    _last_signed: SignedHead | None
    _has_unsigned: bool
    events: EventLog

    @abstractmethod
    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    @abstractmethod
    def _write(self, coroutine: Coroutine[Any, Any, _T]) -> _T: ...

    @abstractmethod
    def refresh(self) -> None:
        """Take in, now, everything the store holds."""

    @property
    def signed_heads(self) -> tuple[SignedHead, ...]:
        """What was signed, oldest first, by whomever; whether it is true, `verify` says.

        Keep the ``text`` of the last one elsewhere, and give it to `verify` as `known`: then it is
        found when the history was cut off behind it.
        """
        return tuple(head for _, head in signed_heads(self.events.kept()) if head is not None)

    def sign(self, ref: Version | View | str = "head") -> SignedHead:
        """Vouch for a version and all that it was made from, with the key of this Lab.

        What this Lab commits is signed by itself.

        Parameters
        ----------
        ref : Version, View or str
            Which.

        Raises
        ------
        ValidationError
            The Lab was opened without `signing_key`.
        """
        version = self._travel.kept(ref)
        is_head = self._history.heads.get(version.branch) == version.id
        return self._sign(version.branch if is_head else "", version.id)

    def _sign_if_asked(self, branch: str, version_id: str | None) -> None:
        """Sign what a branch was moved to, where there is a key."""
        if self._signing_key is None:
            return
        if self._client.outbox is not None and self._client.status.state != "connected":
            # What is queued gets its place, and with it its digest, from the server.
            self._has_unsigned = True
            return
        try:
            self._sign(branch, version_id)
        except NervError as error:
            what = f"version {version_id} was committed" if version_id else "the branch is gone"
            error.add_note(f"{what}, but that is not signed yet; lab.sign() does it")
            raise

    def _sign_what_was_queued(self, after: int) -> None:
        """Sign what this Lab committed behind a position, where that is not signed yet."""
        if not self._has_unsigned:
            return
        self._has_unsigned = False
        events = list(self.events.between(after, len(self.events)))
        signed = {head.version for _, head in signed_heads(events) if head is not None}
        for event in events:
            mine = event.origin_id == self._client.origin_id
            if mine and event.type == EventType.STATE_VERSION_COMMITTED:
                version_id = str((event.data or {})["version_id"])
                if version_id not in signed:
                    self.sign(version_id)

    def _sign(self, branch: str, version_id: str | None) -> SignedHead:
        key = self._signing_key
        if key is None:
            raise ValidationError(
                "signing_key", "open the lab with one; nl.generate_signing_key(path) makes it"
            )
        for attempt in range(1, _ATTEMPTS + 1):
            head = key.sign(self._unsigned(key, branch, version_id))
            try:
                self._write(self._client.publish([self._event(head)]))
            except DuplicateIdError:
                # Somebody else signs with the same key.
                self._last_signed = None
                self.refresh()
                if attempt == _ATTEMPTS:
                    raise
            else:
                self._last_signed = head
                return head
        raise AssertionError

    def _unsigned(self, key: SigningKey, branch: str, version_id: str | None) -> SignedHead:
        last = self._last_signed or self._find_last(key)
        number, previous = (last.number + 1, last.hash) if last else (1, "")
        if version_id is None:
            return SignedHead(key.public, number, previous, branch, "", "", "")
        digest = self._history.get_version(version_id).digest
        chain = self._chains.of(version_id)
        return SignedHead(key.public, number, previous, branch, version_id, digest, chain)

    def _event(self, head: SignedHead) -> Event:
        # Its id is taken once, so that no two signatures of a key have one number.
        event_id = f"signed {head.number} {head.key}"
        branch = head.branch or DEFAULT_BRANCH
        return Event(event_id, SIGNED, head.record(), source=self._author, branch=branch)

    def _find_last(self, key: SigningKey) -> SignedHead | None:
        """Return the last signature of a key, looking from the end of the log backwards."""
        until, floor = len(self.events), self.events.floor
        while until > floor:
            after = max(until - _PAGE, floor)
            page = [h for _, h in signed_heads(self.events.between(after, until)) if h is not None]
            own = [head for head in page if head.key == key.public and is_genuine(head)]
            if own:
                return own[-1]
            until = after
        return None

    def _signature_problems(
        self, trusted: Iterable[str | SigningKey], known: Iterable[SignedHead | str]
    ) -> Iterator[Problem]:
        keys = checked_public_keys(trusted)
        remembered = [h if isinstance(h, SignedHead) else SignedHead.from_record(h) for h in known]
        versions = self._run(self._client.versions())
        branches = self._run(self._client.branches())
        floor, last = self.events.floor, len(self.events)
        events = self._run(self._client.stored_events(floor, last))
        committed = (e for e in events if e.type == EventType.STATE_VERSION_COMMITTED)
        history = SignedHistory(
            versions,
            {name: branch.head for name, branch in branches.items() if branch.head},
            [event for event in events if event.type == SIGNED],
            floor,
            {str((e.data or {}).get("version_id")): e.seq or 0 for e in committed},
        )
        for finding in check_signatures(history, keys, is_genuine, remembered):
            yield Problem(finding.where, finding.what)
