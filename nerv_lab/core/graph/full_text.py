"""Searching all that is written in a graph, ranked by where it stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.text import one_line, value_text
from nerv_lab.core.values.encrypted import Encrypted, Reveal

__all__ = ["Hit", "search", "search_terms"]

_TERM: Final = re.compile(r'"([^"]*)"|(\S+)')
_WEIGHTS: Final = {"name": 8, "type": 4, "tags": 4, "description": 2}
_PROPERTY_WEIGHT: Final = 1
_WHOLE_WORD: Final = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """An item that a search found.

    Attributes
    ----------
    item : Entity or Relation
    score : int
        The higher, the better; comparable within one search.
    field : str
        Where the best match stands, such as ``"name"`` or ``"properties.address.city"``.
    text : str
        What is written there.
    """

    item: Item
    score: int
    field: str
    text: str

    def __repr__(self) -> str:
        return f"{self.item!r} {self.field}: {one_line(self.text, 60)}"


def search(state: GraphState, text: str, reveal: Reveal | None = None) -> list[Hit]:
    """Return the items in which every word of a text stands, the best first.

    A word is found at the beginning of words, without regard to case and accents; words in
    double quotes are found together. Names count most, then types and tags, descriptions, and
    the names and values of properties; a whole word counts twice.

    Parameters
    ----------
    state : GraphState
        Where to look.
    text : str
        What to look for.
    reveal : callable, optional
        Opens properties that are encrypted; what it cannot open is not searched. What was found
        in one is not shown.

    Returns
    -------
    list of Hit
        By score, then entities before relations, then id.

    Raises
    ------
    ValidationError
        There is no word in the text.
    """
    terms = search_terms(text)
    may_hold = _candidates(state, [word for word, _ in terms], reveal)
    hits = [hit for item in may_hold if (hit := _judge(item, terms, reveal))]
    return sorted(hits, key=lambda hit: (-hit.score, hit.item.key))


def search_terms(text: str) -> list[tuple[str, re.Pattern[str]]]:
    """Return the words to look for, each with what finds it, or refuse a text without any."""
    if not isinstance(text, str):
        raise ValidationError("text", f"must be text, not {type(text).__name__}")
    words = [" ".join((phrase or word).split()) for phrase, word in _TERM.findall(_fold(text))]
    if not any(words):
        raise ValidationError("text", "give a word to look for")
    # The word may itself begin with a sign that is not part of words, as in "#12".
    return [(w, re.compile(rf"(?<!\w){re.escape(w)}(?P<rest>\w?)")) for w in words if w]


def _fold(text: str) -> str:
    """Return a text without case and accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


def _candidates(state: GraphState, words: list[str], reveal: Reveal | None) -> Iterator[Item]:
    """Yield the items in which every word stands anywhere, which few of a graph are."""
    in_phrases = any(" " in word for word in words)

    def stand_in(text: str) -> bool:
        folded = _fold(text)
        if in_phrases:
            folded = " ".join(folded.split())
        return all(word in folded for word in words)

    # Relations often have a type and nothing else.
    of_type: dict[str, bool] = {}
    for item in state.items():
        if _has_type_alone(item):
            found = of_type.get(item.type)
            if found is None:
                found = of_type[item.type] = stand_in(item.type)
        else:
            found = stand_in(_written_in(item, reveal))
        if found:
            yield item


def _has_type_alone(item: Item) -> bool:
    known = item.metadata
    if known.properties or known.tags or known.description:
        return False
    return not (isinstance(item, Entity) and item.name)


def _written_in(item: Item, reveal: Reveal | None) -> str:
    """Return all that is written in an item, in any order."""
    known = item.metadata
    texts = [item.type, known.description or "", *known.tags]
    if isinstance(item, Entity):
        texts.append(item.name or "")
    for name, value in known.properties.items():
        kind = type(value)
        if kind is str:
            texts += (name, value)
        elif kind is int or kind is float:
            texts += (name, repr(value))
        elif kind is not Encrypted:
            texts += (text for _, text in _inside("", name, value))
    if reveal is not None:
        texts += (text for _, _, text in _opened(item, reveal))
    return "\n".join(texts)


def _judge(
    item: Item, terms: list[tuple[str, re.Pattern[str]]], reveal: Reveal | None
) -> Hit | None:
    fields = [(field, shown, " ".join(_fold(shown).split())) for field, shown in _texts(item)]
    if reveal is not None:
        fields += [
            (field, repr(sealed), " ".join(_fold(text).split()))
            for field, sealed, text in _opened(item, reveal)
        ]
    total, best = 0, (0, "", "")
    for _, pattern in terms:
        found = [(_score(pattern, f, folded), f, shown) for f, shown, folded in fields]
        first = max(found, key=lambda scored: scored[0])
        if not first[0]:
            return None
        total += first[0]
        best = max(best, first, key=lambda scored: scored[0])
    return Hit(item, total, best[1], best[2])


def _score(pattern: re.Pattern[str], field: str, text: str) -> int:
    weight = _WEIGHTS.get(field, _PROPERTY_WEIGHT)
    found = [match["rest"] for match in pattern.finditer(text)]
    if not found:
        return 0
    return weight * (1 if all(found) else _WHOLE_WORD)


def _texts(item: Item) -> Iterator[tuple[str, str]]:
    """Yield every text of an item with its place."""
    if isinstance(item, Entity) and item.name:
        yield "name", item.name
    yield "type", item.type
    for tag in item.tags:
        yield "tags", tag
    if item.description:
        yield "description", item.description
    for name, value in sorted(item.properties.items()):
        if type(value) is not Encrypted:
            yield from _inside(f"properties.{name}", name, value)


def _opened(item: Item, reveal: Reveal) -> Iterator[tuple[str, Encrypted, str]]:
    """Yield place, envelope and plain text of what is encrypted of an item and can be opened."""
    for name, value in sorted(item.properties.items()):
        if type(value) is Encrypted and (found := reveal(item.key, name, value)) is not None:
            for _, text in _inside("", name, found[0]):
                yield f"properties.{name}", value, text


def _inside(path: str, name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, inner in sorted(value.items()):
            yield from _inside(f"{path}.{key}", key, inner)
    elif isinstance(value, (list, tuple)) and value:
        for position, inner in enumerate(value):
            yield from _inside(f"{path}[{position}]", name, inner)
    else:
        yield path, f"{name} {value if isinstance(value, str) else value_text(value)}"
