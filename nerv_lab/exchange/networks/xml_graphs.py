"""What GraphML and GEXF have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final
from xml.sax.saxutils import quoteattr

from nerv_lab.core.graph.model import Item, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange.networks.xml_elements import Row, XmlReading
from nerv_lab.exchange.ports import ChangeTarget, in_order, send
from nerv_lab.exchange.tables.file_rows import encoded, entity_row, relation_row
from nerv_lab.exchange.tables.tables import Columns, Table, plan_tables
from nerv_lab.lab.import_reports import ImportReport

__all__ = ["KINDS", "begun", "columns_of", "ends_of", "import_xml", "rows_of", "text_of"]

KINDS: Final = ("node", "edge")
"""What stands in a file, in this order."""


def begun(file: BinaryIO, root: str) -> Callable[[str], None]:
    """Begin a file with its root element, and return what writes one more line."""

    def line(text: str) -> None:
        file.write(f"{text}\n".encode())

    line("<?xml version='1.0' encoding='utf-8'?>")
    line(root)
    return line


def rows_of(
    state: GraphState, kind: str, fits: Callable[[str, Any], bool]
) -> Iterator[tuple[Any, Row]]:
    """Yield the entities or relations of a state by id, each with its attributes.

    Parameters
    ----------
    state : GraphState
        The graph.
    kind : "node" or "edge"
        Which of them.
    fits : callable
        Whether a value can stand under a name as it is; else it is encoded.
    """
    row_of: Any = entity_row if kind == "node" else relation_row
    items: Any = state.entities if kind == "node" else state.relations
    for item in in_order(items):
        yield item, encoded(row_of(item), fits)


def ends_of(relation: Relation) -> str:
    """Return where a relation begins and ends, as attributes."""
    source, target = quoteattr(relation.from_entity), quoteattr(relation.to_entity)
    return f" source={source} target={target}"


def columns_of(rows: Iterable[tuple[Item, Mapping[str, Any]]]) -> list[tuple[str, type]]:
    """Return the names of rows, and the types that stand under each, by name."""
    found = {(name, type(value)) for _, row in rows for name, value in row.items()}
    return sorted(found, key=lambda column: (column[0], column[1].__name__))


def text_of(value: Any) -> str:
    """Return a value as the text that XML Schema has for it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def import_xml(
    lab: ChangeTarget, reading: XmlReading, types: tuple[str, str], reason: str | None
) -> ImportReport:
    """Bring a file into a lab; what stands in it twice or leads nowhere is refused."""
    tables = (
        Table("nodes", ("id", "type"), reading.rows("node"), reading.where),
        Table("edges", ("source", "target", "id", "type"), reading.rows("edge"), reading.where),
    )
    columns = Columns(strength="weight", entity_type=types[0], relation_type=types[1])
    planned = plan_tables(
        lab.state, *tables, columns, source=reading.kind, problems=reading.problems
    )
    return send(lab, planned, reason or f"import from {reading.kind}")
