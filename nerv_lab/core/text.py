"""Values and names as one line of text: the same in every process, and harmless to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nerv_lab.core.values import encode

__all__ = ["counted", "graph_size", "one_line", "shortened", "value_text"]


def value_text(value: Any, most: int | None = None) -> str:
    """Return a value as Python writes it, the elements of a set in a fixed order.

    Parameters
    ----------
    value : object
        Of the type table.
    most : int, optional
        How many characters to give; what is cut off is counted.
    """
    return shortened(_text(value), most)


def one_line(text: str, most: int | None = None) -> str:
    """Return a text without line breaks and other characters that command a terminal."""
    # Only what does not print is escaped: names are shown without quotes.
    shown = text if text.isprintable() else "".join(map(_printable, text))
    return shortened(shown, most)


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: ``"1 version"``, ``"2 versions"``, ``"2 entities"``."""
    return f"{count} {noun if count == 1 else plural or f'{noun}s'}"


def graph_size(entities: int, relations: int) -> str:
    """Return how large a graph is: ``"2 entities, 1 relation"``."""
    return f"{counted(entities, 'entity', 'entities')}, {counted(relations, 'relation')}"


def shortened(text: str, most: int | None) -> str:
    """Return the beginning of a text that is too long, and how long it is."""
    if most is None or len(text) <= most:
        return text
    return f"{text[:most]}… ({len(text)} characters)"


def _printable(character: str) -> str:
    return character if character.isprintable() else repr(character)[1:-1]


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return _braced(f"{key!r}: {_text(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, tuple):
        return f"({', '.join(map(_text, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, frozenset):
        return _braced(map(_text, sorted(value, key=encode))) if value else "set()"
    return repr(value)


def _braced(parts: Iterable[str]) -> str:
    return f"{{{', '.join(parts)}}}"
