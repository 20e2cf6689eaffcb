"""Comparing two stores that are to hold one history, such as a file and a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nerv_lab.core.errors import NervError
from nerv_lab.core.events import Event
from nerv_lab.core.graph.model import Item
from nerv_lab.core.history.thinning import Retention
from nerv_lab.core.history.versions import Version
from nerv_lab.core.values import encode
from nerv_lab.inner_universe.contract.client import InnerUniverseClient, Problem

__all__ = ["Contents", "differences", "read_contents"]

_PAGE = 5_000
_EVENT_FIELDS = ("type", "branch", "timestamp", "source", "actor", "origin_id", "origin_seq")


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that a store holds.

    Attributes
    ----------
    events : list of Event
        The log.
    versions : dict of str to Version
        By id, in log order.
    deltas : dict of str to bytes
        By version id; those that cannot be read are missing.
    rows : dict of str to dict of str to item
        Working rows of each branch, by key.
    heads, tags : dict of str to str
        The version id each branch and tag is at; None for a branch without any.
    retention : Retention
        What was pruned from it: neither its events nor its deltas are there.
    unreadable : list of Problem
        What is wrong with the missing deltas.
    """

    events: list[Event]
    versions: Mapping[str, Version]
    deltas: Mapping[str, bytes]
    rows: Mapping[str, Mapping[str, Item]]
    heads: Mapping[str, str | None]
    tags: Mapping[str, str]
    retention: Retention
    unreadable: list[Problem] = field(default_factory=list)


async def read_contents(client: InnerUniverseClient) -> Contents:
    """Return everything that a store holds; nobody should be writing to it meanwhile."""
    retention = await client.retention()
    versions = {version.id: version for version in await client.versions()}
    deltas: dict[str, bytes] = {}
    unreadable: list[Problem] = []
    for id in versions.keys() - retention.pruned:
        try:
            deltas[id] = await client.delta(id)
        except NervError as error:
            unreadable.append(Problem(f"version {id}", f"its delta cannot be read: {error}"))
    branches = await client.branches()
    rows = {
        name: {item.key: item for item in (await client.snapshot(name)).items} for name in branches
    }
    return Contents(
        [event async for event in _events(client, retention.floor)],
        versions,
        deltas,
        rows,
        {name: branch.head for name, branch in branches.items()},
        await client.tags(),
        retention,
        unreadable,
    )


async def _events(client: InnerUniverseClient, floor: int) -> AsyncIterator[Event]:
    last = await client.last_seq()
    for after in range(floor, last, _PAGE):
        for event in await client.stored_events(after, min(after + _PAGE, last)):
            yield event


def differences(here: Contents, there: Contents, name: str) -> Iterator[Problem]:
    """Yield where two stores differ, as far back as neither of them was pruned.

    Parameters
    ----------
    here, there : Contents
        The two.
    name : str
        What to call the second.
    """
    yield from here.unreadable
    for problem in there.unreadable:
        yield Problem(problem.where, f"{problem.what}, in {name}")
    floor = max(here.retention.floor, there.retention.floor)
    yield from _logs(_since(floor, here.events), _since(floor, there.events), floor, name)
    yield from _mappings("version", _records(here), _records(there), name)
    yield from _deltas(here, there, name)
    yield from _mappings("branch", here.heads, there.heads, name)
    for branch in sorted(here.rows.keys() & there.rows.keys()):
        yield from _rows(branch, here.rows[branch], there.rows[branch], name)
    yield from _mappings("tag", here.tags, there.tags, name)


def _records(contents: Contents) -> dict[str, dict[str, Any]]:
    return {id: version.record() for id, version in contents.versions.items()}


def _since(floor: int, events: list[Event]) -> list[Event]:
    return [event for event in events if (event.seq or 0) > floor]


def _logs(here: list[Event], there: list[Event], floor: int, name: str) -> Iterator[Problem]:
    for mine, other in zip(here, there, strict=False):
        where = f"event {mine.seq}"
        if (mine.seq, mine.id) != (other.seq, other.id):
            yield Problem(where, f"the logs part: it is {mine.id}, but {other.id} in {name}")
            return
        for field_name in _EVENT_FIELDS:
            a, b = getattr(mine, field_name), getattr(other, field_name)
            if a != b:
                yield Problem(where, f"its {field_name} is {a!r}, but {b!r} in {name}")
        if encode(mine.data) != encode(other.data):
            yield Problem(where, f"its data is not that in {name}")
    if len(here) != len(there):
        ends = [events[-1].seq or 0 if events else floor for events in (here, there)]
        what = f"the log ends at {ends[0]}, but at {ends[1]} in {name}"
        yield Problem(f"event {min(ends) + 1}", what)


def _mappings(
    kind: str, here: Mapping[str, Any], there: Mapping[str, Any], name: str
) -> Iterator[Problem]:
    """Yield where two mappings differ; of records, in which field."""
    for key in sorted(here.keys() | there.keys()):
        where = f"{kind} {key}"
        if key not in there:
            yield Problem(where, f"is missing in {name}")
        elif key not in here:
            yield Problem(where, f"is missing here, but not in {name}")
        elif here[key] != there[key]:
            yield Problem(where, _difference(here[key], there[key], name))


def _difference(mine: Any, other: Any, name: str) -> str:
    if not isinstance(mine, dict):
        return f"is at {mine}, but at {other} in {name}"
    said = [f"{f} is {mine[f]!r}, but {other[f]!r}" for f in mine if mine[f] != other[f]]
    return f"its {'; its '.join(said)} in {name}"


def _deltas(here: Contents, there: Contents, name: str) -> Iterator[Problem]:
    for id in here.deltas.keys() & there.deltas.keys():
        if here.deltas[id] != there.deltas[id]:
            yield Problem(f"version {id}", f"its delta is not that in {name}")


def _rows(
    branch: str, here: Mapping[str, Item], there: Mapping[str, Item], name: str
) -> Iterator[Problem]:
    for key in sorted(here.keys() | there.keys()):
        mine, other = here.get(key), there.get(key)
        if mine is None or other is None:
            side = "here" if mine is None else f"in {name}"
            yield Problem(f"{branch} {key}", f"is missing {side}")
        elif mine.fingerprint != other.fingerprint:
            yield Problem(f"{branch} {key}", f"is not as in {name}")
