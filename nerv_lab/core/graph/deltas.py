"""Deltas: steps of a state, as a patch that can be kept or as a function that cannot."""

from __future__ import annotations

import inspect
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from uuid_utils import uuid7

from nerv_lab.core.errors import NotSerialisableError, ValidationError, ValueRefusedError
from nerv_lab.core.graph.changes import REMOVE
from nerv_lab.core.limits import MAX_DEPTH, TOO_DEEP
from nerv_lab.core.values import ReadOnlyDict, encode, freeze

__all__ = ["Delta", "FunctionDelta", "PatchDelta", "settled"]

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Delta(ABC):
    """One step of a state, and who took it and why.

    Attributes
    ----------
    description, source : str or None
        Why, and who.
    tags : tuple of str
        Labels to find it by.
    id : str
        UUIDv7.
    timestamp : float
        Seconds since the epoch, UTC.
    """

    description: str | None = None
    source: str | None = None
    tags: tuple[str, ...] = ()
    id: str = field(default_factory=lambda: str(uuid7()))
    timestamp: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        given: Any = self.tags
        if isinstance(given, str):
            raise ValidationError("tags", "must be a list of strings, such as ['draft']")
        object.__setattr__(self, "tags", tuple(given))

    @abstractmethod
    def apply(self, state: Any) -> Any:
        """Return the state after this step; the given state stays as it is."""

    @abstractmethod
    def record(self) -> dict[str, Any]:
        """Return all fields as a dict of values.

        Raises
        ------
        NotSerialisableError
            When the delta cannot be kept.
        """


@dataclass(frozen=True)
class PatchDelta(Delta):
    """Sets, merges and removes keys of a dict.

    Where patch and state both hold a dict it is merged key by key; any other value replaces what
    was there, and ``REMOVE`` removes it. Unlike a JSON merge patch it can set None.

    Attributes
    ----------
    patch : dict
        The keys to change; read-only.

    Raises
    ------
    ValueRefusedError
        When a value is outside the type table; ``field`` is its path.
    """

    patch: Mapping[str, Any]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.patch, Mapping):
            raise ValidationError("patch", f"must be a dict, not {type(self.patch).__name__}")
        object.__setattr__(self, "patch", _frozen_patch(self.patch, "patch", MAX_DEPTH))

    @classmethod
    def between(cls, old: Mapping[str, Any], new: Mapping[str, Any], **fields: Any) -> PatchDelta:
        """Return the delta that turns one state into another.

        Parameters
        ----------
        old, new : mapping
            The states.
        **fields
            ``description``, ``source`` and ``tags`` of the delta.
        """
        frozen = (freeze(dict(old), "old"), freeze(dict(new), "new"))
        return cls(_difference(*frozen), **fields)

    def apply(self, state: Any) -> ReadOnlyDict:
        """Return the patched state.

        Raises
        ------
        ValidationError
            When the state is not a dict.
        """
        if not isinstance(state, Mapping):
            raise ValidationError("state", f"a patch needs a dict, not {type(state).__name__}")
        return _merged(state, self.patch)

    def record(self) -> dict[str, Any]:
        """Return all fields as a dict of values."""
        steps = sorted(_leaves(self.patch, ()), key=lambda step: step[0])
        return {
            "delta": "patch",
            "id": self.id,
            "timestamp": self.timestamp,
            "description": self.description,
            "source": self.source,
            "tags": list(self.tags),
            "set": [[list(path), value] for path, value in steps if value is not REMOVE],
            "remove": [list(path) for path, value in steps if value is REMOVE],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> PatchDelta:
        """Rebuild a delta from its record.

        Raises
        ------
        ValidationError
            When the record is not that of a patch.
        """
        kind = record.get("delta")
        if kind != "patch":
            raise ValidationError("record", f"{kind!r} is not a delta that can be kept")
        fields = {name: value for name, value in record.items() if name != "delta"}
        patch: dict[str, Any] = {}
        try:
            for path, value in fields.pop("set"):
                _put(patch, path, value)
            for path in fields.pop("remove"):
                _put(patch, path, REMOVE)
            return cls(patch=patch, **fields)
        except ValidationError:
            raise
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise ValidationError("record", f"not the record of a delta: {error}") from None


@dataclass(frozen=True)
class FunctionDelta(Delta):
    """Computes the next state; lives as long as the session, since a function cannot be kept.

    Attributes
    ----------
    function : callable
        Takes the state, which is read-only, and returns the next one.
    """

    function: Callable[[Any], Any]

    def __post_init__(self) -> None:
        super().__post_init__()
        function: Any = self.function
        if not callable(function) or inspect.iscoroutinefunction(function):
            raise ValidationError("function", "must be a plain function from state to state")

    def apply(self, state: Any) -> Any:
        """Return what the function makes of the state.

        Raises
        ------
        ValidationError
            When it returns None, as a function that forgets to return does.
        """
        result = self.function(state)
        if result is None:
            raise ValidationError("function", "returned None; it must return the next state")
        return settled(result)

    def record(self) -> dict[str, Any]:
        """Refuse: a function cannot be kept.

        Raises
        ------
        NotSerialisableError
            Always.
        """
        raise NotSerialisableError(
            f"delta {self.description or self.id!r} is a function, and functions cannot be kept; "
            "apply a dict instead, or PatchDelta.between(old, new)"
        )


def settled(state: Any) -> Any:
    """Return a state that cannot change: a dict or list frozen, anything else as it is.

    Raises
    ------
    ValueRefusedError
        When a value in a dict or list is outside the type table.
    """
    return freeze(state, "state") if isinstance(state, (dict, list)) else state


def _frozen_patch(patch: Mapping[Any, Any], path: str, room: int) -> ReadOnlyDict:
    if room == 0:
        raise ValueRefusedError(path, TOO_DEEP)
    out: dict[str, Any] = {}
    for key, value in patch.items():
        where = f"{path}.{key}"
        (name,) = freeze({key: None}, path)
        if value is REMOVE:
            out[name] = value
        elif isinstance(value, Mapping):
            out[name] = _frozen_patch(value, where, room - 1)
        else:
            out[name] = freeze(value, where, max_depth=room - 1)
    return ReadOnlyDict(out)


def _merged(state: Any, patch: Mapping[str, Any]) -> ReadOnlyDict:
    out = dict(state) if isinstance(state, Mapping) else {}
    for key, value in patch.items():
        if value is REMOVE:
            out.pop(key, None)
        elif isinstance(value, Mapping):
            out[key] = _merged(out.get(key), value)
        else:
            out[key] = value
    return ReadOnlyDict(out)


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    patch: dict[str, Any] = {key: REMOVE for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key, REMOVE)
        if isinstance(value, dict) and isinstance(before, dict):
            if inner := _difference(before, value):
                patch[key] = inner
        elif before is REMOVE or encode(before) != encode(value):
            patch[key] = value
    return patch


def _leaves(patch: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    for key, value in patch.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _put(patch: dict[str, Any], path: Iterable[str], value: Any) -> None:
    *outer, last = path
    for key in outer:
        patch = patch.setdefault(key, {})
    patch[last] = value
