"""The state projector: a state that evolves by deltas, seen through named projections."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Any, TypeAlias

from nerv_lab.core.errors import NotFoundError, ProjectionNotFoundError, ValidationError
from nerv_lab.core.graph.deltas import Delta, FunctionDelta, PatchDelta, settled

__all__ = ["Delta", "FunctionDelta", "PatchDelta", "StateProjector", "Until"]

Until: TypeAlias = int | str | Delta | dt.datetime


class StateProjector:
    """A state, the deltas that led to it, and named ways to look at it.

    Each delta is applied once, and the state it led to is remembered, so that an earlier state
    is looked up and a function is never run again. Deltas of several threads queue up.

    Parameters
    ----------
    initial : object
        The first state. A dict of values is frozen; other states must be immutable, and take
        function deltas only.
    """

    def __init__(self, initial: Any = None) -> None:
        self._lock = threading.RLock()
        self._initial = settled({} if initial is None else initial)
        self._steps: list[tuple[Delta, Any]] = []
        self._projections: dict[str, Callable[[Any], Any]] = {}

    @property
    def state(self) -> Any:
        """The present state; read-only."""
        return self.project()

    @property
    def projections(self) -> tuple[str, ...]:
        """Names of the projections."""
        return tuple(self._projections)

    def apply_delta(
        self,
        delta: Delta | Mapping[str, Any] | Callable[[Any], Any],
        description: str | None = None,
        source: str | None = None,
        tags: Iterable[str] = (),
    ) -> Any:
        """Take one step.

        Parameters
        ----------
        delta : Delta, mapping or callable
            A dict is a patch, a callable a function from state to state.
        description, source : str, optional
            Why, and who.
        tags : iterable of str
            Labels to find the delta by; added to those a `Delta` has.

        Returns
        -------
        object
            The state after the step.

        Raises
        ------
        ValidationError
            When the delta or the state it leads to is refused; the state stays as it was.
        """
        step = _as_delta(delta, description, source, tags)
        with self._lock:
            after = step.apply(self.state)
            self._steps.append((step, after))
            return after

    def add_projection(self, name: str, function: Callable[[Any], Any]) -> None:
        """Register a function of the state under a name, in place of any that had it."""
        if not callable(function):
            raise ValidationError("function", f"must be callable, not {type(function).__name__}")
        self._projections[name] = function

    def projection(self, name: str) -> Callable[[Any], Any]:
        """Return the function that is registered under a name, to be used on any state.

        Raises
        ------
        ProjectionNotFoundError
            When no projection has this name.
        """
        if name not in self._projections:
            known = ", ".join(self._projections) or "none"
            raise ProjectionNotFoundError(name, f"registered: {known}")
        return self._projections[name]

    def project(self, name: str | None = None, until: Until | None = None) -> Any:
        """Return a projection of the state, now or as it was.

        Parameters
        ----------
        name : str, optional
            The projection; without it the state itself.
        until : int, str, Delta or datetime, optional
            How far: so many deltas (0 is the initial state), up to and including a delta or the
            delta with this id, or up to a moment. Without it all deltas count.

        Raises
        ------
        ProjectionNotFoundError
            When no projection has this name.
        NotFoundError
            When ``until`` is a delta that was not applied here.
        """
        with self._lock:
            count = len(self._steps) if until is None else self._count(until)
            state = self._steps[count - 1][1] if count else self._initial
        return state if name is None else self.projection(name)(state)

    def get_delta_history(self, with_tags: Iterable[str] | None = None) -> list[Delta]:
        """Return the deltas, oldest first.

        Parameters
        ----------
        with_tags : iterable of str, optional
            Only those that carry at least one of these tags.
        """
        wanted = None if with_tags is None else set(with_tags)
        return [d for d, _ in self._steps if wanted is None or wanted.intersection(d.tags)]

    def records(self) -> list[dict[str, Any]]:
        """Return the records of all deltas, to be kept and later given to `restore`.

        Raises
        ------
        NotSerialisableError
            When one of them is a function.
        """
        return [delta.record() for delta in self.get_delta_history()]

    def restore(self, records: Iterable[Mapping[str, Any]]) -> Any:
        """Apply the deltas of these records in turn, and return the state after them."""
        for delta in [PatchDelta.from_record(record) for record in records]:
            self.apply_delta(delta)
        return self.state

    def reset_to_initial(self) -> Any:
        """Forget every delta, and return the initial state. Projections stay."""
        with self._lock:
            self._steps = []
            return self._initial

    def _count(self, until: Until) -> int:
        if isinstance(until, dt.datetime):
            moment = until.timestamp()
            return sum(1 for _ in takewhile(lambda s: s[0].timestamp <= moment, self._steps))
        if isinstance(until, int):
            return min(max(until, 0), len(self._steps))
        wanted = until.id if isinstance(until, Delta) else until
        for count, (delta, _) in enumerate(self._steps, 1):
            if delta.id == wanted:
                return count
        raise NotFoundError(str(wanted), "it is no delta that was applied here")


def _as_delta(
    delta: object, description: str | None, source: str | None, tags: Iterable[str]
) -> Delta:
    if isinstance(delta, Delta):
        return replace(
            delta,
            description=description or delta.description,
            source=source or delta.source,
            tags=(*delta.tags, *tags),
        )
    labels: Any = tags
    if isinstance(delta, Mapping):
        return PatchDelta(delta, description=description, source=source, tags=labels)
    if callable(delta):
        return FunctionDelta(delta, description=description, source=source, tags=labels)
    raise ValidationError("delta", f"must be a Delta, dict or callable, not {delta!r}")
