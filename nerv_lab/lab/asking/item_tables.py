"""Entities and relations as lines of text and as HTML tables, cut where they are many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.core.text import one_line, value_text
from nerv_lab.lab.asking.tables import html_table

__all__ = ["as_html", "as_lines"]

_SHOWN = 20
_CHARACTERS = 60
NameOf = Callable[[str], str]


def as_lines(
    items: Sequence[Item], text: str, name_of: NameOf, notes: Iterable[str] = ()
) -> Iterator[str]:
    """Yield a line that counts, one for each of the first items, one for the rest, and notes.

    Parameters
    ----------
    items : sequence of Entity or Relation
        What is shown.
    text : str
        What they are.
    name_of : callable
        Gives what to call the entity of an id.
    notes : iterable of str
        What else there is to say.
    """
    yield _title(items, text)
    for item in items[:_SHOWN]:
        yield "  " + "  ".join(one_line(cell, _CHARACTERS) for cell in _cells(item, name_of))
    if len(items) > _SHOWN:
        yield f"  … and {len(items) - _SHOWN} more"
    yield from (f"  {note}" for note in notes)


def as_html(items: Sequence[Item], text: str, name_of: NameOf, notes: Iterable[str] = ()) -> str:
    """Return a table of the first items under a title with notes; see `as_lines`."""
    rows = [
        [one_line(cell, _CHARACTERS) for cell in (*_cells(item, name_of), _properties(item))]
        for item in items[:_SHOWN]
    ]
    if len(items) > _SHOWN:
        rows.append([f"… and {len(items) - _SHOWN} more", "", "", ""])
    first = ("relation", "type") if items and not isinstance(items[0], Entity) else ("type", "name")
    title = " · ".join([_title(items, text), *notes])
    return html_table(title, (*first, "id", "properties"), rows)


def _title(items: Sequence[Item], text: str) -> str:
    return f"{len(items)} found by {one_line(text, 2 * _CHARACTERS)}"


def _cells(item: Item, name_of: NameOf) -> tuple[str, str, str]:
    if isinstance(item, Entity):
        return item.type, item.name or "", item.id
    return f"{name_of(item.from_entity)} -> {name_of(item.to_entity)}", item.type, item.id


def _properties(item: Item) -> str:
    return ", ".join(f"{name}={value_text(v)}" for name, v in sorted(item.properties.items()))
