"""Clients that race for the head of a branch, and write down what they did and saw.

Each version of the race says how often each client has won so far, so that an update that got
lost would show in the last of them.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar

from shared.history_checker import Commit, Entry, History, Look, Read

from nerv_lab.core.errors import HeadMovedError
from nerv_lab.core.events import Event, EventType
from nerv_lab.core.history.versions import SHA256_JSON, Version, version_digest
from nerv_lab.core.values import decode, encode, json_hash
from nerv_lab.inner_universe import InnerUniverseClient
from nerv_lab.inner_universe.contract.ids import new_id
from nerv_lab.lab.driving import run

__all__ = ["BRANCH", "Committer", "entries", "history_of"]

BRANCH = "race"

_T = TypeVar("_T")


class Committer:
    """One client of the race.

    Parameters
    ----------
    client : InnerUniverseClient
        Of its own; it is connected here, and closed by `close`.
    name : str
        How it is called in the history.
    """

    def __init__(self, client: InnerUniverseClient, name: str) -> None:
        self.name = name
        self.commits: list[Commit] = []
        self.looks: list[Look] = []
        self.reads: list[Read] = []
        self.delivered: list[tuple[int, str]] = []
        self._client = client
        self._run(client.connect())
        client.subscribe(self._take, after=0)

    def _run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return run(self._client, coroutine)

    def _take(self, events: tuple[Event, ...]) -> None:
        self.delivered += [(event.seq or 0, event.id) for event in events]

    def look(self) -> str | None:
        """Return where the branch is."""
        began = time.monotonic_ns()
        head = self._run(self._client.branch_head(BRANCH))
        self.looks.append(Look(self.name, BRANCH, head, began, time.monotonic_ns()))
        return head

    def read(self, version_id: str) -> dict[str, int]:
        """Return how often each client had won by a version."""
        delta = self._run(self._client.delta(version_id))
        self.reads.append(Read(self.name, version_id, delta.decode()))
        return dict(decode(delta))

    def attempt(self, parent: str | None) -> Commit:
        """Try to commit on a version."""
        won = self.read(parent) if parent else {}
        state = won | {self.name: won.get(self.name, 0) + 1}
        version, delta = self._version(parent, state)
        began = time.monotonic_ns()
        told = None
        try:
            self._run(self._client.commit_version(version, delta))
        except HeadMovedError as error:
            told = error.actual
        ended = time.monotonic_ns()
        outcome = "won" if told is None else "refused"
        commit = Commit(self.name, BRANCH, version.id, parent, began, ended, outcome, told)
        self.commits.append(commit)
        return commit

    def _version(self, parent: str | None, state: dict[str, int]) -> tuple[Version, bytes]:
        delta = encode(state)
        version = Version(
            id=new_id(),
            parents=() if parent is None else (parent,),
            branch=BRANCH,
            event_seq=self._run(self._client.last_seq()),
            timestamp=dt.datetime.now(dt.UTC),
            description=self.name,
            data_hash=json_hash(state),
            algorithm=SHA256_JSON,
        )
        return replace(version, digest=version_digest(version, delta)), delta

    def win(self, times: int) -> None:
        """Commit so often, each time on what is the head by then."""
        while times:
            times -= self.attempt(self.look()).outcome == "won"

    def read_everything(self) -> None:
        """Take in the whole log, and read every version again."""
        self._run(self._client.refresh())
        for version in self._run(self._client.versions()):
            self.read(version.id)

    def log(self) -> list[Event]:
        """Return the log."""
        return self._run(self._client.events())

    def problems(self) -> list[Any]:
        """Return what the store finds wrong with itself."""
        return list(self._run(self._client.verify()))

    def close(self) -> None:
        self._run(self._client.close())

    def record(self) -> dict[str, Any]:
        """Return what it did and saw, to be sent by another process."""
        return {
            "name": self.name,
            "commits": [asdict(c) for c in self.commits],
            "looks": [asdict(look) for look in self.looks],
            "reads": [asdict(read) for read in self.reads],
            "delivered": self.delivered,
        }


def entries(events: Iterable[Event]) -> list[Entry]:
    """Return events as entries of a history's log."""
    return [Entry(event.seq or 0, event.id, event.branch, *_version_of(event)) for event in events]


def _version_of(event: Event) -> tuple[str | None, str | None]:
    data = event.data or {}
    if event.type != EventType.STATE_VERSION_COMMITTED:
        return None, None
    return data["version_id"], data["parents"][0] if data["parents"] else None


def history_of(log: Iterable[Event], records: Sequence[dict[str, Any]]) -> History:
    """Return the history that the records of committers come to."""
    return History(
        entries(log),
        [Commit(**c) for record in records for c in record["commits"]],
        [Look(**look) for record in records for look in record["looks"]],
        [Read(**read) for record in records for read in record["reads"]],
        {r["name"]: [(seq, id) for seq, id in r["delivered"]] for r in records},
    )
