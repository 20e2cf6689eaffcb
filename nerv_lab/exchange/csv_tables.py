"""Tables in CSV files.

A cell is text until told otherwise: ``007`` stays ``"007"``, and ``NA`` stays ``"NA"``. An empty
cell is absent. The reader is that of the standard library: it guesses no types and knows the line
of each record, where pandas would have to be kept from the one and cannot tell the other.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import IO, Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.exchange.ports import ChangeTarget, send
from nerv_lab.exchange.report import ImportReport
from nerv_lab.exchange.tables import Columns, Table, checked_columns, plan_tables, tables_of

__all__ = ["import_csv"]

CsvSource = str | Path | IO[str]
Convert = Mapping[str, Callable[[str], Any]]


def import_csv(
    lab: ChangeTarget,
    nodes: CsvSource | None = None,
    edges: CsvSource | None = None,
    *,
    id: str = "id",
    type: str = "type",
    source: str = "source",
    target: str = "target",
    edge_id: str = "id",
    edge_type: str = "type",
    strength: str = "strength",
    entity_type: str | None = None,
    relation_type: str | None = None,
    create_missing: bool = False,
    convert: Convert | None = None,
    separator: str = ",",
    encoding: str = "utf-8-sig",
    reason: str | None = None,
) -> ImportReport:
    """Bring CSV files of nodes and edges into a lab, as one batch or not at all.

    Columns mean what they mean to :func:`~nerv_lab.exchange.import_pandas`. The strength is read
    as a number, ``bidirectional`` as true or false, and ``tags`` are separated by semicolons.

    Parameters
    ----------
    lab : Lab
        Where to.
    nodes, edges : path or text file, optional
        At least one; the first line names the columns.
    id, type, source, target, edge_id, edge_type, strength : str
        Columns, as for pandas.
    entity_type, relation_type : str, optional
        Types where the column is missing or a cell is empty.
    create_missing : bool
        Whether unknown ends of edges become entities of type ``entity_type``.
    convert : mapping of str to callable, optional
        From a column to what makes a value of its text, such as ``{"born": int}``; ``bool``
        understands true and false, yes and no, 1 and 0.
    separator, encoding : str
        How the files are written.
    reason : str, optional
        Recorded with the batch.

    Raises
    ------
    ValidationError
        When anything is refused; the reason begins with the line of the file. Nothing has
        changed then.
    """
    columns = Columns(
        id, type, source, target, edge_id, edge_type, strength, entity_type, relation_type
    )
    converters = {strength: float, "bidirectional": bool} | dict(convert or {})
    known = converters.keys() - {strength, "bidirectional"}
    tables = tables_of(
        None if nodes is None else _read("nodes", nodes, dict(convert or {}), separator, encoding),
        None if edges is None else _read("edges", edges, converters, separator, encoding),
    )
    _refuse_unknown(known, tables)
    planned = plan_tables(lab.state, *tables, columns, create_missing=create_missing, source="CSV")
    return send(lab, planned, reason or "import from CSV")


def _refuse_unknown(columns: set[str], tables: tuple[Table | None, Table | None]) -> None:
    present = {column for table in tables if table for column in table.columns}
    for column in sorted(columns - present):
        raise ValidationError(f"convert.{column}", "no file has such a column")


def _read(name: str, source: CsvSource, convert: Convert, separator: str, encoding: str) -> Table:
    records = _records(name, _text_of(name, source, encoding), separator)
    if not records:
        raise ValidationError(name, "the file is empty; its first line has to name the columns")
    columns = checked_columns(name, records[0][1])
    rows, lines = [], []
    for line, cells in records[1:]:
        if len(cells) != len(columns):
            raise ValidationError(
                name, f"line {line}: has {len(cells)} cells, the first line {len(columns)}"
            )
        texts = {column: text for column, text in zip(columns, cells, strict=True) if text}
        rows.append({c: _value(name, line, c, text, convert) for c, text in texts.items()})
        lines.append(line)
    return Table(name, columns, rows, lambda position: f"line {lines[position]}")


def _records(name: str, text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Return the cells of each record with the line that it begins on, without blank lines."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True)
    records, line = [], 1
    try:
        for cells in reader:
            if cells:
                records.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValidationError(name, f"line {line}: not CSV: {error}") from None
    return records


def _text_of(name: str, source: CsvSource, encoding: str) -> str:
    if not isinstance(source, (str, Path)):
        return source.read()
    try:
        with Path(source).open(encoding=encoding, newline="") as file:
            return file.read()
    except OSError as error:
        raise ValidationError(name, f"{source} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ValidationError(
            name, f"{source} is not {encoding} at byte {error.start}; pass encoding='...'"
        ) from None


def _value(name: str, line: int, column: str, text: str, convert: Convert) -> Any:
    if column not in convert:
        return text
    to_value = convert[column]
    try:
        return _bool(text) if to_value is bool else to_value(text)
    except (ValueError, ArithmeticError) as error:
        raise ValidationError(
            f"{name}.{column}", f"line {line}: cannot convert {text!r}: {error}"
        ) from None


_BOOLS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _bool(text: str) -> bool:
    try:
        return _BOOLS[text.strip().lower()]
    except KeyError:
        raise ValueError("give true or false") from None
