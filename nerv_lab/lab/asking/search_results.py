"""What a full-text search found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar, overload

from nerv_lab.core.graph.full_text import Hit, search, search_terms
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.text import one_line
from nerv_lab.core.values.encrypted import Reveal
from nerv_lab.lab.asking.paths import Path
from nerv_lab.lab.asking.queries import EntityQuery, Part, RelationQuery
from nerv_lab.lab.asking.tables import frame, html_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SearchResults"]

_V = TypeVar("_V", covariant=True)
_SHOWN = 20
_CHARACTERS = 80


class SearchResults(Sequence[Hit], Generic[_V]):
    """The items in which every word stands, the best first; looked up when first used.

    Parameters
    ----------
    state : GraphState
        Where to look.
    part : callable
        Gives the part of the graph between some entities.
    text : str
        What to look for.
    reveal : callable, optional
        Opens properties that are encrypted.
    """

    def __init__(
        self, state: GraphState, part: Part[_V], text: str, reveal: Reveal | None = None
    ) -> None:
        search_terms(text)  # refused here, and not when what was found is looked at
        self._reveal = reveal
        self._state = state
        self._part = part
        self._text = text

    @cached_property
    def _hits(self) -> tuple[Hit, ...]:
        return tuple(search(self._state, self._text, self._reveal))

    @overload
    def __getitem__(self, index: int) -> Hit: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, index: int | slice) -> Hit | tuple[Hit, ...]:
        return self._hits[index]

    def __len__(self) -> int:
        return len(self._hits)

    @property
    def entities(self) -> EntityQuery[_V]:
        """The entities that were found, the best first, to ask further."""

        def ask() -> Iterator[Path]:
            return (Path((h.item,)) for h in self._hits if isinstance(h.item, Entity))

        text = f"search({self._text!r})"
        return EntityQuery(self._state, self._part, text, ask, self._reveal)

    @property
    def relations(self) -> RelationQuery[_V]:
        """The relations that were found, the best first, to ask further."""

        def ask() -> Iterator[Relation]:
            return (h.item for h in self._hits if isinstance(h.item, Relation))

        text = f"search({self._text!r})"
        return RelationQuery(self._state, self._part, text, ask, self._reveal)

    @property
    def graph(self) -> _V:
        """The part of the graph between all entities found and the ends of all relations found."""
        ends = (end for r in self.relations for end in (r.from_entity, r.to_entity))
        return self._part((*self.entities.ids, *ends), f"search({self._text!r})")

    @property
    def df(self) -> pd.DataFrame:
        """One row for each item: ``kind``, ``id``, ``type``, ``score``, ``field``, ``text``."""
        columns = ["kind", "id", "type", "score", "field", "text"]
        rows = [
            {
                "kind": "entity" if isinstance(hit.item, Entity) else "relation",
                "id": hit.item.id,
                "type": hit.item.type,
                "score": hit.score,
                "field": hit.field,
                "text": hit.text,
            }
            for hit in self._hits
        ]
        return frame(rows, columns)

    def __repr__(self) -> str:
        lines = [f"{len(self)} found by search({self._text!r})"]
        lines += [f"  {hit!r}" for hit in self._hits[:_SHOWN]]
        if len(self) > _SHOWN:
            lines.append(f"  … and {len(self) - _SHOWN} more")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = [
            (hit.item.type, hit.item.id, hit.field, one_line(hit.text, _CHARACTERS))
            for hit in self._hits[:_SHOWN]
        ]
        title = f"{len(self)} found by search({self._text!r})"
        return html_table(title, ("type", "id", "where", "what"), rows)
