"""Trying queued writes on what the server holds by now, before they are sent; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from nerv_lab.core.errors import NervError
from nerv_lab.core.graph.changes import (
    UNSET,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    RestoreEntity,
    RestoreRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Item, entity_key, relation_key
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.inner_universe.outbox.writes import QueuedWrite

__all__ = ["Rehearsal", "Step", "key_of", "waits_for"]

_Place: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """What a write would do on the server.

    Attributes
    ----------
    write : QueuedWrite
    count : int
        How many events it would be.
    problem : str or None
        Why it does not fit there any more.
    held : bool
        Whether it would fit but for another that does not, and so has to wait for what becomes
        of that one.
    """

    write: QueuedWrite
    count: int
    problem: str | None = None
    held: bool = False


def waits_for(branch: str) -> str:
    """Return why a write is held that goes on from a branch which could not be put in place."""
    return f"waits for branch {branch!r}"


class Rehearsal:
    """The branches of a server as they would be after the writes so far.

    A write fits where the rules allow it and it changes nothing that others changed meanwhile; a
    version, where the state it names comes out.

    Parameters
    ----------
    states : mapping of str to GraphState
        The working rows of each branch.
    heads : mapping of str to str
        The newest version of each branch.
    state_of : callable
        Gives the state of a version that a branch is moved to.
    moment : int
        The present, in microseconds since the epoch.
    tags : mapping of str to str, optional
        The version of each tag.
    aside : iterable of QueuedWrite, optional
        What was set aside before: nothing that goes on from it is written without it.
    """

    def __init__(
        self,
        states: Mapping[str, GraphState],
        heads: Mapping[str, str | None],
        state_of: Callable[[str], GraphState],
        moment: int,
        tags: Mapping[str, str] | None = None,
        aside: Iterable[QueuedWrite] = (),
    ) -> None:
        self._states = dict(states)
        self._heads = dict(heads)
        self._state_of = state_of
        self._moment = moment
        self._tags = dict(tags or {})
        self._made: dict[str, GraphState] = {}
        # Why nothing can be written to some branches, and nothing that goes on from versions.
        self._held: dict[str, str] = {}
        self._missing: dict[str, str] = {}
        for write in aside:
            if write.move is not None:
                self._hold(write, waits_for(write.move.name))
            elif write.version is not None and write.version.branch in self._held:
                self._hold(write, self._held[write.version.branch])
        # What an item was when the first of our writes met it: here, and where it was written.
        self._met: dict[tuple[str, str], tuple[Item | None, Item | None]] = {}

    def steps(self, writes: Iterable[QueuedWrite]) -> list[Step]:
        """Try writes one after the other; after one that does not fit the others are tried too."""
        return [self._step(write) for write in writes]

    def _step(self, write: QueuedWrite) -> Step:
        if (why := self._waits(write)) is not None:
            self._hold(write, why)
            return Step(write, 0, why, held=True)
        step = self._tried(write)
        if step.problem is not None and write.move is not None:
            self._hold(write, waits_for(write.move.name))
        return step

    def _waits(self, write: QueuedWrite) -> str | None:
        """Return what a write has to wait for, or None."""
        if write.tag is not None:
            return self._missing.get(write.tag.to)
        needs = [] if write.version is None else list(write.version.parents)
        if write.move is not None and write.move.to is not None:
            needs.append(write.move.to)
        missing = (self._missing[id] for id in needs if id in self._missing)
        return self._held.get(write.branch) or next(missing, None)

    def _hold(self, write: QueuedWrite, why: str) -> None:
        if write.tag is None:
            self._held[write.branch] = why
        if write.version is not None:
            self._missing[write.version.id] = why

    def _tried(self, write: QueuedWrite) -> Step:
        try:
            match write.kind:
                case "apply":
                    return self._apply(write)
                case "version":
                    return Step(write, 1, self._commit(write, None))
                case "move":
                    return Step(write, 1, self._move(write))
                case "tag":
                    return Step(write, 0, self._tag(write))
                case _:
                    return Step(write, len(write.events))
        except NervError as error:
            return Step(write, 0, f"{type(error).__name__}: {error}")

    def _apply(self, write: QueuedWrite) -> Step:
        state = self._states.get(write.branch, GraphState.empty())
        done = plan(state, write.changes, self._moment)
        problem = self._clash(write, done, state)
        after = state.apply(done)
        count = len(done)
        if write.version is not None:
            problem = problem or self._commit(write, after)
            count += 1
        if problem is None:
            self._states[write.branch] = after
        return Step(write, count, problem)

    def _commit(self, write: QueuedWrite, state: GraphState | None) -> str | None:
        version = write.version
        assert version is not None
        head = self._heads.get(version.branch)
        if head != version.parent:
            return f"branch {version.branch!r} has got other versions meanwhile"
        if state is not None and state.data_hash != version.data_hash:
            return f"branch {version.branch!r} was changed by others meanwhile"
        self._heads[version.branch] = version.id
        here = self._states.get(version.branch, GraphState.empty()) if state is None else state
        self._made[version.id] = here
        return None

    def _move(self, write: QueuedWrite) -> str | None:
        move = write.move
        assert move is not None
        head = self._heads.get(move.name)
        if head is not None and move.expected is None:
            return f"others have made a branch {move.name!r} meanwhile"
        if head != move.expected:
            return f"branch {move.name!r} was moved by others meanwhile"
        if move.to is None:
            self._heads.pop(move.name, None)
            self._states.pop(move.name, None)
        else:
            made = self._made.get(move.to)
            self._states[move.name] = self._state_of(move.to) if made is None else made
            self._heads[move.name] = move.to
        return None

    def _tag(self, write: QueuedWrite) -> str | None:
        tag = write.tag
        assert tag is not None
        if self._tags.get(tag.name) not in (tag.expected, tag.to):
            return f"tag {tag.name!r} was set by others meanwhile"
        self._tags[tag.name] = tag.to
        return None

    def _clash(self, write: QueuedWrite, done: list[ItemChange], state: GraphState) -> str | None:
        if write.befores is None:
            return None
        asked: dict[str, list[Change]] = {}
        for change in write.changes:
            asked.setdefault(key_of(change), []).append(change)
        for key, before in write.befores.items():
            here = self._met.setdefault((write.branch, key), (before, state.get(key)))
            if _content(here[0]) != _content(here[1]) and not _apart(asked.get(key), *here):
                return f"{key} was changed by others meanwhile"
        for step in done:
            # Such as a relation that would go with its end, though we never saw it.
            if step.key not in write.befores and step.old is not None:
                return f"{step.key} was changed by others meanwhile"
        return None


def key_of(change: Change) -> str:
    """Return the key of the item that a change is about."""
    match change:
        case CreateEntity() | UpdateEntity() | DeleteEntity():
            return entity_key(change.id)
        case RestoreEntity(entity):
            return entity.key
        case RestoreRelation(relation):
            return relation.key
        case CreateRelation() | UpdateRelation():
            return relation_key(change.id)
        case _:
            return relation_key(change.id)


def _content(item: Item | None) -> bytes | None:
    return None if item is None else item.content


def _apart(changes: list[Change] | None, before: Item | None, here: Item | None) -> bool:
    """Whether changes set nothing of an item that differs from what it was."""
    if changes is None or before is None or here is None:
        return False
    for change in changes:
        if not isinstance(change, (UpdateEntity, UpdateRelation)):
            return False
        if any(_at(before, place) != _at(here, place) for place in _places(change)):
            return False
    return True


def _places(change: UpdateEntity | UpdateRelation) -> list[_Place]:
    given = [f.name for f in fields(change) if f.name not in ("id", "properties")]
    places = [("field", name) for name in given if getattr(change, name) is not UNSET]
    return places + [("property", name) for name in change.properties]


def _at(item: Item, place: _Place) -> Any:
    kind, name = place
    if kind == "property":
        return (name in item.properties, item.properties.get(name))
    return item.type if name == "type" else getattr(item.metadata, name)
