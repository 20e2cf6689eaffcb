"""What GraphML and GEXF have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nerv_lab.core.model import Item
from nerv_lab.exchange.ports import ChangeTarget, send
from nerv_lab.exchange.tables import Columns, Table, plan_tables
from nerv_lab.exchange.xml_elements import XmlReading
from nerv_lab.lab.import_reports import ImportReport

__all__ = ["columns_of", "import_xml", "text_of"]


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
