"""What an empty answer may come from: types and properties that nothing in the graph has."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from typing import Any, Literal

from nerv_lab.core.graph.conditions import ENTITY_FIELDS, LOOKUPS, RELATION_FIELDS
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.state import GraphState

__all__ = ["Asked", "asked_of", "hints"]

_NO_PROPERTIES = {
    "entity": ENTITY_FIELDS | {"tag", "tags"},
    "relation": RELATION_FIELDS | {"tag", "tags"},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A type or a property that a question names.

    Attributes
    ----------
    of : {"entity", "relation"}
        What is to have it.
    what : {"type", "property"}
    name : str
    """

    of: Literal["entity", "relation"]
    what: Literal["type", "property"]
    name: str


def asked_of(
    of: Literal["entity", "relation"],
    types: Iterable[str] = (),
    conditions: Mapping[str, Any] | None = None,
    properties: Mapping[str, Any] | None = None,
) -> tuple[Asked, ...]:
    """Return the types and properties that conditions name, written as for `all_of`."""
    given = conditions or {}
    kinds = [*types, given["type"]] if isinstance(given.get("type"), str) else types
    names = [
        name
        for keyword, wanted in given.items()
        if (name := keyword.partition("__")[0]) not in _NO_PROPERTIES[of]
        and not _absent(keyword, wanted)
    ]
    names += [name for name, wanted in (properties or {}).items() if wanted is not None]
    return (
        *(Asked(of, "type", kind) for kind in kinds),
        *(Asked(of, "property", name) for name in names),
    )


def _absent(keyword: str, wanted: Any) -> bool:
    """Whether what has no such property meets the condition."""
    lookup = keyword.rpartition("__")[2]
    return wanted is None or lookup == "ne" or (lookup == "exists" and not wanted)


def hints(state: GraphState, asked: Iterable[Asked]) -> Iterator[str]:
    """Say of each type or property that nothing has it, with the nearest that there is."""
    for each in dict.fromkeys(asked):
        known = sorted(_known(state, each))
        if each.name in known:
            continue
        missing = (
            f"no {each.of} is of type {each.name!r}"
            if each.what == "type"
            else f"no {each.of} has a property {each.name!r}"
        )
        near = _near(each, known)
        yield f"{missing}; did you mean {near!r}?" if near else missing


def _known(state: GraphState, asked: Asked) -> set[str]:
    items: Iterable[Item] = (
        state.entities.values() if asked.of == "entity" else state.relations.values()
    )
    if asked.what == "type":
        return {item.type for item in items}
    return set(chain.from_iterable(item.properties for item in items))


def _near(asked: Asked, known: Collection[str]) -> str | None:
    name, _, lookup = asked.name.rpartition("_")
    if asked.what == "property" and lookup in LOOKUPS and name in known:
        return f"{name}__{lookup}"
    return next(iter(get_close_matches(asked.name, known, n=1)), None)
