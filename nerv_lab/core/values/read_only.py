"""Dicts and lists that belong to the recorded state, and refuse to change."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any, Final, NoReturn

__all__ = ["ReadOnlyDict", "ReadOnlyList", "refuse_assignment", "thaw"]

_GIVEN: Final = ("type", "name", "description", "tags", "properties", "strength", "bidirectional")
_FIXED: Final = ("id", "from_entity", "to_entity", "created_at", "updated_at", "revision")


def _refuse_mutation(self: object, *args: object, **kwargs: object) -> NoReturn:
    raise TypeError(
        "this value belongs to the recorded state and is read-only; "
        "copy it with nerv_lab.thaw(value) and pass the copy to lab.update(...)"
    )


def refuse_assignment(item: object, name: str, value: object = None) -> NoReturn:
    """Refuse to change an attribute of an item, and say how the graph is changed instead."""
    given = f"{name}=…" if name in _GIVEN else f"properties={{{name!r}: …}}"
    instead = "" if name in _FIXED else f"; change the graph with lab.update(…, {given})"
    raise FrozenInstanceError(
        f"cannot assign to {name!r}: {item!r} is what it was at one moment{instead}"
    )


class ReadOnlyDict(dict[str, Any]):
    """A dict that equals, prints and serialises as a dict, and refuses to change."""

    __slots__ = ()
    __setitem__ = __delitem__ = clear = pop = popitem = _refuse_mutation
    setdefault = update = __ior__ = _refuse_mutation

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[ReadOnlyDict], tuple[dict[str, Any]]]:
        return ReadOnlyDict, (dict(self),)

    def __deepcopy__(self, memo: object) -> ReadOnlyDict:
        return self

    def copy(self) -> dict[str, Any]:
        """Return a plain, mutable, shallow copy."""
        return dict(self)


class ReadOnlyList(list[Any]):
    """A list that equals, prints and serialises as a list, and refuses to change."""

    __slots__ = ()
    __setitem__ = __delitem__ = append = extend = insert = _refuse_mutation
    pop = remove = clear = sort = reverse = __iadd__ = __imul__ = _refuse_mutation

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))

    def __reduce__(self) -> tuple[type[ReadOnlyList], tuple[list[Any]]]:
        return ReadOnlyList, (list(self),)

    def __deepcopy__(self, memo: object) -> ReadOnlyList:
        return self

    def copy(self) -> list[Any]:
        """Return a plain, mutable, shallow copy."""
        return list(self)


def thaw(frozen: Any) -> Any:
    """Return a plain, mutable copy of a frozen value."""
    if isinstance(frozen, dict):
        return {k: thaw(v) for k, v in frozen.items()}
    if isinstance(frozen, list):
        return [thaw(v) for v in frozen]
    if isinstance(frozen, tuple):
        return tuple(thaw(v) for v in frozen)
    return set(frozen) if isinstance(frozen, frozenset) else frozen
