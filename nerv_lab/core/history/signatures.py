"""Signed heads of branches: who vouches for a version, and for all that it was made from.

A signed head names a version, its digest and its chain: a hash over the digests of the version and
of everything it came from. The signatures of one key are numbered, and each names the one before,
so that none can be taken out of the middle.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.permissions import SIGNED
from nerv_lab.core.history.audit import Finding
from nerv_lab.core.history.lineage import ancestors
from nerv_lab.core.history.versions import LTHASH, Version

__all__ = ["Chains", "SignedHead", "SignedHistory", "check_signatures", "signed_heads"]

_SHOWN = 16


def _framed(domain: bytes, parts: Iterable[str]) -> bytes:
    framed = [domain]
    for part in parts:
        raw = part.encode()
        framed += (len(raw).to_bytes(8, "big"), raw)
    return b"".join(framed)


@dataclass(frozen=True, slots=True)
class SignedHead:
    """What the holder of a key says of a branch.

    Attributes
    ----------
    key : str
        The public key, as `SigningKey.public` gives it.
    number : int
        Counts the signatures of this key in this history, from 1.
    previous : str
        Hash of the one before (hex); empty for the first.
    branch : str
        The branch that is at the version; empty where only the version is vouched for.
    version : str
        The version that it is at; empty where the branch was deleted.
    digest, chain : str
        Of that version (hex); empty where the branch was deleted.
    signature : str
        Over all of the above, in base64.
    """

    key: str
    number: int
    previous: str
    branch: str
    version: str
    digest: str
    chain: str
    signature: str = ""

    @property
    def message(self) -> bytes:
        """What is signed."""
        numbered = (self.key, str(self.number), self.previous, self.branch)
        return _framed(b"nerv/head/1", (*numbered, self.version, self.digest, self.chain))

    @property
    def hash(self) -> str:
        """Hash of all of it (hex), which the next one names."""
        return hashlib.sha256(self.message + self.signature.encode()).hexdigest()

    @property
    def text(self) -> str:
        """All of it as one line of JSON, to be kept elsewhere."""
        return json.dumps(self.record(), sort_keys=True)

    def record(self) -> dict[str, Any]:
        """Return all fields as values."""
        return {
            "key": self.key,
            "number": self.number,
            "previous": self.previous,
            "branch": self.branch,
            "version": self.version,
            "digest": self.digest,
            "chain": self.chain,
            "signature": self.signature,
        }

    @classmethod
    def from_record(cls, record: Any) -> SignedHead:
        """Return the signed head of a record, or of its text.

        Raises
        ------
        ValidationError
            It is none.
        """
        try:
            fields = json.loads(record) if isinstance(record, str) else dict(record)
            head = cls(**fields)
        except (TypeError, ValueError):
            raise ValidationError("signature", "is not that of a head") from None
        texts = [value for name, value in head.record().items() if name != "number"]
        if type(head.number) is not int or not all(isinstance(text, str) for text in texts):
            raise ValidationError("signature", "is not that of a head")
        return head

    def __repr__(self) -> str:
        what = self.version or "deleted"
        return f"<SignedHead {self.number} of {self.key[:_SHOWN]}…: {self.branch} {what}>"


class Chains:
    """The chain of each version, worked out once.

    Parameters
    ----------
    find : callable
        Gives a version by its id; raises LookupError where there is none.
    """

    def __init__(self, find: Callable[[str], Version]) -> None:
        self._find = find
        self._known: dict[str, str] = {}

    def of(self, version_id: str) -> str:
        """Return a hash (hex) over the digests of a version and of all it was made from.

        Raises
        ------
        LookupError
            One of them is not there.
        """
        waiting = [version_id]
        while waiting:
            version = self._find(waiting[-1])
            missing = [p for p in version.parents if p not in self._known]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            above = (self._known[parent] for parent in version.parents)
            framed = _framed(b"nerv/chain/1", (version.digest, *above))
            self._known[version.id] = hashlib.sha256(framed).hexdigest()
        return self._known[version_id]


def signed_heads(events: Iterable[Event]) -> Iterator[tuple[Event, SignedHead | None]]:
    """Yield the events that hold signatures, with what they hold; None where that is none."""
    for event in events:
        if event.type == SIGNED:
            try:
                yield event, SignedHead.from_record(event.data or {})
            except ValidationError:
                yield event, None


@dataclass(frozen=True, slots=True)
class SignedHistory:
    """A history and what was signed of it.

    Attributes
    ----------
    versions : sequence of Version
        In log order.
    heads : mapping of str to str
        The version that each branch is at.
    events : sequence of Event
        The log, or those events of it that hold signatures.
    floor : int
        Position of the last event that was dropped from the log.
    places : mapping of str to int
        Where in the log each version was committed, as far as it is known.
    """

    versions: Sequence[Version]
    heads: Mapping[str, str]
    events: Sequence[Event]
    floor: int = 0
    places: Mapping[str, int] = field(default_factory=dict)


def check_signatures(
    history: SignedHistory,
    trusted: Iterable[str],
    genuine: Callable[[SignedHead], bool],
    known: Iterable[SignedHead] = (),
) -> Iterator[Finding]:
    """Yield what does not agree with what was signed.

    Parameters
    ----------
    history : SignedHistory
        What there is.
    trusted : iterable of str
        The public keys whose word counts.
    genuine : callable
        Whether the signature of a head is that of its key.
    known : iterable of SignedHead
        Heads that were kept elsewhere; what they say has to be there still.
    """
    yield from _Check(history, frozenset(trusted), genuine).findings(tuple(known))


class _Check:
    def __init__(
        self,
        history: SignedHistory,
        trusted: frozenset[str],
        genuine: Callable[[SignedHead], bool],
    ) -> None:
        self._history = history
        self._trusted = trusted
        self._genuine = genuine
        self._by_id = {version.id: version for version in history.versions}
        self._chains = Chains(self._by_id.__getitem__)
        self._last: dict[str, SignedHead] = {}
        self._newest: dict[str, SignedHead] = {}
        self._signed: set[str] = set()
        self._others: dict[str, str] = {}
        self._began: int | None = None

    def findings(self, known: tuple[SignedHead, ...]) -> Iterator[Finding]:
        for event, head in signed_heads(self._history.events):
            yield from self._follow(event, head)
        for head in known:
            yield from self._remembered(head)
        for branch, head in sorted(self._newest.items()):
            yield from self._at_head(branch, head)
        yield from self._unsigned()

    def _follow(self, event: Event, head: SignedHead | None) -> Iterator[Finding]:
        where = f"event {event.seq}"
        if head is None:
            yield Finding(where, "holds no signature that can be read")
        elif head.key not in self._trusted:
            self._others[head.version] = head.key
        elif not self._genuine(head) or head.branch not in ("", event.branch):
            yield Finding(where, f"its signature is not one of key {head.key}")
        else:
            yield from self._in_order(where, head)
            self._last[head.key] = head
            if head.branch:
                self._newest[head.branch] = head
            if self._began is None:
                self._began = event.seq
            fault = self._fault(head)
            if fault is not None:
                yield Finding(f"version {head.version}", fault)
            self._signed.add(head.version)

    def _in_order(self, where: str, head: SignedHead) -> Iterator[Finding]:
        before = self._last.get(head.key)
        if before is None:
            # What came before may have been pruned, where anything was.
            if self._history.floor or head.number == 1:
                return
            yield Finding(where, f"is signature {head.number} of its key, and the first are gone")
        elif head.number != before.number + 1 or head.previous != before.hash:
            what = f"is signature {head.number} of its key, and follows number {before.number}"
            yield Finding(where, f"{what}: some are gone, or were exchanged")

    def _fault(self, head: SignedHead) -> str | None:
        """Return what is wrong with the version that was signed, if anything is."""
        if not head.version:
            return None
        version = self._by_id.get(head.version)
        if version is None:
            return "was signed, and is not there: the history was cut off or rewritten"
        if version.digest != head.digest:
            return "is not what was signed: it was rewritten"
        try:
            chain = self._chains.of(head.version)
        except LookupError:
            return "was signed with versions before it that are not there"
        if chain != head.chain:
            return "comes from other versions than those that were signed with it"
        return None

    def _remembered(self, head: SignedHead) -> Iterator[Finding]:
        where = f"signature {head.number} of {head.key}"
        if head.key not in self._trusted or not self._genuine(head):
            yield Finding(where, "was kept elsewhere, and is not one of a trusted key")
            return
        fault = self._fault(head)
        if fault is not None:
            yield Finding(f"version {head.version}", fault)
        last = self._last.get(head.key)
        if last is None or last.number < head.number:
            found = f"number {last.number} is" if last else "none is"
            yield Finding(where, f"is gone: {found} the last there is; the history was cut off")

    def _at_head(self, branch: str, head: SignedHead) -> Iterator[Finding]:
        actual = self._history.heads.get(branch)
        if not head.version or head.version not in self._by_id:
            return
        if actual is None:
            yield Finding(f"branch {branch}", f"was signed at version {head.version}, and is gone")
        elif head.version not in self._above(actual):
            yield Finding(
                f"branch {branch}",
                f"was signed at version {head.version}, and is now at {actual}, which does not "
                f"come from it",
            )

    def _above(self, version_id: str) -> set[str]:
        known = self._by_id

        def parents(id: str) -> Sequence[str]:
            return known[id].parents if id in known else ()

        return ancestors(version_id, parents)

    def _unsigned(self) -> Iterator[Finding]:
        vouched: set[str] = set()
        for id in self._signed:
            if id in self._by_id and id not in vouched:
                vouched |= self._above(id)
        for version in self._history.versions:
            if version.algorithm != LTHASH or version.id in self._signed:
                continue
            # Before the first signature nobody signed, and what was dropped from the log may have
            # held one: then whoever signed what came of it vouches for it.
            place = self._history.places.get(version.id)
            early = place is None or self._began is None or place < self._began
            if early and version.id in vouched:
                continue
            other = self._others.get(version.id)
            by = f"by key {other} alone, which is not trusted" if other else "by nobody"
            yield Finding(f"version {version.id}", f"is signed {by}")
