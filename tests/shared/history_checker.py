"""A checker of histories: whether what concurrent committers saw can be told as one story.

Every client writes down what it asked for, when it asked and when it was answered, by one clock
that all of them share; at the end the log is read. A sound history is one in which

- the log of each branch is a chain: whoever commits does so on the version the branch is at;
- of those who commit on one version, one wins; who was refused left nothing behind, and was told
  a head that the branch really had;
- what was acknowledged is in the log, once, and is an ancestor of where its branch is at the end;
- whoever was answered before another asked comes before it in the log, and whoever asks for the
  head sees nothing older than what was acknowledged before;
- every client is delivered the log, in its order, and nothing else;
- a version reads the same for everybody, always.

:func:`anomalies` gives what is wrong with a history; an empty list is a proof for this history,
not for the store. The work is about the square of the length, so histories are kept short.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["Anomaly", "Commit", "Entry", "History", "Kind", "Look", "Read", "anomalies"]

Kind: TypeAlias = Literal[
    "lost update",
    "missing commit",
    "duplicated commit",
    "two winners",
    "hidden fork",
    "refused but done",
    "refused without cause",
    "out of order",
    "stale head",
    "divergent orders",
    "changed version",
]


@dataclass(frozen=True, slots=True)
class Commit:
    """An attempt to commit a version on the head of a branch.

    Attributes
    ----------
    client, branch, version : str
        Who, where and what.
    parent : str or None
        The head it was made on.
    began, ended : int
        When it was asked for and answered, in nanoseconds of the shared clock.
    outcome : {"won", "refused", "unknown"}
        Unknown where the answer got lost: it may have happened or not.
    told : str or None
        The head that a refusal named.
    """

    client: str
    branch: str
    version: str
    parent: str | None
    began: int
    ended: int
    outcome: Literal["won", "refused", "unknown"] = "won"
    told: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """A look at where a branch is."""

    client: str
    branch: str
    head: str | None
    began: int
    ended: int


@dataclass(frozen=True, slots=True)
class Read:
    """What a client found in a version: its content, or a hash of it."""

    client: str
    version: str
    content: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in the log: an event, and the version it records where it is that of a commit."""

    seq: int
    event: str
    branch: str = ""
    version: str | None = None
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What all clients did and saw.

    Attributes
    ----------
    log : sequence of Entry
        As it was read at the end, by sequence.
    commits, looks, reads : sequence
        Of all clients, in any order.
    delivered : mapping of str to sequence of (int, str)
        Sequence and id of the events each client was delivered, in the order of delivery.
    """

    log: Sequence[Entry]
    commits: Sequence[Commit] = ()
    looks: Sequence[Look] = ()
    reads: Sequence[Read] = ()
    delivered: Mapping[str, Sequence[tuple[int, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something that no order of the operations explains."""

    kind: Kind
    what: str


def anomalies(history: History) -> list[Anomaly]:
    """Return what is wrong with a history; [] where one order explains all of it."""
    checks = (_chains, _winners, _refusals, _acknowledged, _clock, _looks, _deliveries, _reads)
    return [anomaly for check in checks for anomaly in check(history)]


def _recorded(history: History) -> dict[str, Entry]:
    """Return where the log has each version, the last place where it has it twice."""
    return {entry.version: entry for entry in history.log if entry.version is not None}


def _heads(history: History) -> dict[str, str]:
    return {entry.branch: entry.version for entry in history.log if entry.version is not None}


def _chains(history: History) -> Iterator[Anomaly]:
    heads: dict[str, str] = {}
    for entry in history.log:
        if entry.version is None:
            continue
        if heads.get(entry.branch) != entry.parent:
            yield Anomaly("hidden fork", f"{entry.version} is not on the head of {entry.branch}")
        heads[entry.branch] = entry.version
    for what in ("event", "version"):
        counts = Counter(value for e in history.log if (value := getattr(e, what)) is not None)
        for name, count in counts.items():
            if count > 1:
                yield Anomaly("duplicated commit", f"{what} {name} is in the log {count} times")


def _winners(history: History) -> Iterator[Anomaly]:
    won = Counter((c.branch, c.parent) for c in history.commits if c.outcome == "won")
    for (branch, parent), count in won.items():
        if count > 1:
            yield Anomaly("two winners", f"{count} commits won on {parent} of {branch}")


def _refusals(history: History) -> Iterator[Anomaly]:
    recorded = _recorded(history)
    for commit in history.commits:
        if commit.outcome != "refused":
            continue
        if commit.version in recorded:
            yield Anomaly("refused but done", f"{commit.version} is in the log")
        told = recorded.get(commit.told) if commit.told is not None else None
        if told is None or told.branch != commit.branch or commit.told == commit.parent:
            what = f"{commit.version} was refused for {commit.told}, its parent is {commit.parent}"
            yield Anomaly("refused without cause", what)


def _acknowledged(history: History) -> Iterator[Anomaly]:
    recorded = _recorded(history)
    kept: set[str] = set()
    for head in _heads(history).values():
        version: str | None = head
        while version is not None and version not in kept:
            kept.add(version)
            entry = recorded.get(version)
            version = entry.parent if entry else None
    for commit in history.commits:
        if commit.outcome != "won":
            continue
        if commit.version not in recorded:
            yield Anomaly("missing commit", f"{commit.version} was acknowledged to {commit.client}")
        elif commit.version not in kept:
            yield Anomaly("lost update", f"{commit.version} is no ancestor of a head")


def _clock(history: History) -> Iterator[Anomaly]:
    recorded = _recorded(history)
    done = [c for c in history.commits if c.outcome == "won" and c.version in recorded]
    for first in done:
        for second in done:
            is_before = recorded[first.version].seq < recorded[second.version].seq
            if first.ended < second.began and not is_before:
                what = f"{second.version} was asked for after {first.version} was done"
                yield Anomaly("out of order", what)


def _looks(history: History) -> Iterator[Anomaly]:
    recorded = _recorded(history)
    for look in history.looks:
        seen = recorded[look.head].seq if look.head in recorded else 0
        if look.head is not None and not seen:
            yield Anomaly("stale head", f"{look.client} saw {look.head}, which never was")
        for commit in history.commits:
            if (
                commit.outcome == "won"
                and commit.branch == look.branch
                and commit.ended < look.began
                and commit.version in recorded
                and recorded[commit.version].seq > seen
            ):
                what = f"{look.client} saw {look.head} after {commit.version} was done"
                yield Anomaly("stale head", what)


def _deliveries(history: History) -> Iterator[Anomaly]:
    log = [(entry.seq, entry.event) for entry in history.log]
    for client, delivered in history.delivered.items():
        if list(delivered) != log:
            place = next(
                (i for i, (a, b) in enumerate(zip(delivered, log, strict=False)) if a != b),
                min(len(delivered), len(log)),
            )
            what = f"{client} was delivered another log from event {place + 1} on"
            yield Anomaly("divergent orders", what)


def _reads(history: History) -> Iterator[Anomaly]:
    contents: dict[str, Read] = {}
    for read in history.reads:
        first = contents.setdefault(read.version, read)
        if first.content != read.content:
            what = f"{read.version} is one thing to {first.client}, another to {read.client}"
            yield Anomaly("changed version", what)
