"""Which versions of a history are kept, and in which order the others may go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.events import DEFAULT_BRANCH
from nerv_lab.core.history.lineage import merge_bases
from nerv_lab.core.history.versions import LTHASH, Version

__all__ = ["Pruning", "RetentionPolicy", "plan_pruning"]


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """What of a history is kept.

    The rules hold for each branch, over the versions that were committed on it; those of branches
    that are gone count as one more branch. Heads, tags and the common ancestors of live branches
    are kept in any case.

    Attributes
    ----------
    keep_last : int
        So many of the newest versions.
    hourly, daily : int
        The newest version of each of so many hours and days (UTC) in which there are any.

    Raises
    ------
    ValidationError
        When a number is not a whole one, or too small.
    """

    keep_last: int = 100
    hourly: int = 0
    daily: int = 0

    def __post_init__(self) -> None:
        for name, least in (("keep_last", 1), ("hourly", 0), ("daily", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValidationError(
                    name, f"must be a whole number of at least {least}, not {value!r}"
                )

    def record(self) -> dict[str, int]:
        """Return the fields as a dict of values."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_record(cls, record: Any) -> RetentionPolicy:
        """Rebuild a policy from its record.

        Raises
        ------
        ValidationError
            When the record is not that of a policy.
        """
        if not isinstance(record, Mapping):
            raise ValidationError("retention", f"must be a dict, not {type(record).__name__}")
        known = {field.name for field in fields(cls)}
        for name in record:
            if name not in known:
                raise ValidationError(
                    f"retention.{name}", f"is not a rule; use one of {', '.join(sorted(known))}"
                )
        return cls(**record)

    def chosen(self, newest_first: Iterable[Version]) -> Iterator[tuple[str, str]]:
        """Yield the ids that the rules keep of one branch's versions, each with the rule."""
        hours: set[dt.datetime] = set()
        days: set[dt.date] = set()
        for place, version in enumerate(newest_first):
            moment = version.timestamp.astimezone(dt.UTC)
            hour, day = moment.replace(minute=0, second=0, microsecond=0), moment.date()
            if place < self.keep_last:
                yield version.id, f"one of the last {self.keep_last}"
            if len(hours) < self.hourly and hour not in hours:
                yield version.id, "the newest of its hour"
            if len(days) < self.daily and day not in days:
                yield version.id, "the newest of its day"
            hours.add(hour)
            days.add(day)


@dataclass(frozen=True, slots=True)
class Pruning:
    """What is to be kept of a history, and what may go.

    Attributes
    ----------
    kept : mapping of str to str
        Why each version that is kept is kept, by id.
    inner : tuple of str
        Versions to go that have kept ones before them, or none after them: newest first.
    oldest : tuple of str
        Versions to go from the beginning of the main line on: oldest first, after all of `inner`.
    top : str or None
        The version with which the main line begins when `oldest` is gone.
    """

    kept: Mapping[str, str]
    inner: tuple[str, ...]
    oldest: tuple[str, ...]
    top: str | None

    def __len__(self) -> int:
        return len(self.inner) + len(self.oldest)


def plan_pruning(
    policy: RetentionPolicy,
    versions: Sequence[Version],
    above: Callable[[str], str | None],
    *,
    heads: Mapping[str, str],
    tags: Mapping[str, str],
    parents_of: Callable[[str], Sequence[str]],
    top: str | None = None,
) -> Pruning:
    """Work out what a policy keeps.

    Parameters
    ----------
    policy : RetentionPolicy
        The rules.
    versions : sequence of Version
        Those that are there, in log order.
    above : callable
        Gives the nearest version that is there among the first parents of a version.
    heads, tags : mapping of str to str
        The version id of each branch and tag.
    parents_of : callable
        Gives the parents of a version id, whether they are still there or not.
    top : str, optional
        Where the main line begins, if its beginning was pruned before.

    Returns
    -------
    Pruning
        Each version is either kept or goes. The nearest common first parent of two that are kept
        is kept too, so that any of them can be rebuilt from the oldest.
    """
    kept = _pins(versions, heads, tags, parents_of)
    for group in _groups(versions, heads):
        for id, rule in policy.chosen(reversed(group)):
            kept.setdefault(id, rule)
    lines = {v.id: above(v.id) for v in versions if v.algorithm == LTHASH}
    graphs = {id: before if before in lines else None for id, before in lines.items()}
    if top is None:
        top = _root(heads.get(DEFAULT_BRANCH), graphs)
    leads = _connect(kept, graphs, top)
    oldest: list[str] = []
    while top is not None and top not in kept:
        oldest.append(top)
        top = leads[top]
    trunk = set(oldest)
    inner = (v.id for v in reversed(versions) if v.id not in kept and v.id not in trunk)
    return Pruning(kept, tuple(inner), tuple(oldest), top)


def _pins(
    versions: Sequence[Version],
    heads: Mapping[str, str],
    tags: Mapping[str, str],
    parents_of: Callable[[str], Sequence[str]],
) -> dict[str, str]:
    known = {v.id: v.algorithm for v in versions}
    pins = {id: f"head of {branch!r}" for branch, id in heads.items() if id in known}
    for name, id in tags.items():
        if id in known:
            pins.setdefault(id, f"tag {name!r}")
    graphs = sorted({id for id in heads.values() if known.get(id) == LTHASH})
    waiting = list(combinations(graphs, 2))
    while waiting:
        bases = merge_bases(*waiting.pop(), parents_of)
        if len(bases) > 1:  # these are merged first, from what they grew from themselves
            waiting += combinations(bases, 2)
        for id in bases:
            if id in known:
                pins.setdefault(id, "common ancestor of branches")
    return pins


def _groups(versions: Sequence[Version], heads: Mapping[str, str]) -> Iterable[list[Version]]:
    groups: dict[str | None, list[Version]] = {}
    for version in versions:
        name = version.branch if version.branch in heads else None
        groups.setdefault(name, []).append(version)
    return groups.values()


def _root(id: str | None, graphs: Mapping[str, str | None]) -> str | None:
    """Return where the line of a version begins, or None where it is not the version of a graph."""
    if id not in graphs:
        return None
    while id is not None and (before := graphs[id]) is not None:
        id = before
    return id


def _connect(
    kept: dict[str, str], graphs: dict[str, str | None], main: str | None
) -> dict[str, str]:
    """Keep also where kept lines part, and the beginnings of lines other than the main one.

    Returns
    -------
    dict of str to str
        For each version with kept ones behind it, one that leads to them.
    """
    leads: dict[str, str] = {}
    for id in reversed(graphs):
        if id not in kept and id not in leads and id != main:
            continue
        before = graphs[id]
        if before is None:
            if id != main or id not in leads:
                kept.setdefault(id, "the first of its line")
        elif before in leads:
            kept.setdefault(before, "kept lines part here")
        else:
            leads[before] = id
    return leads
