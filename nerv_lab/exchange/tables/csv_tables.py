"""Tables in CSV files.

A cell is text until told otherwise: ``007`` stays ``"007"``, and ``NA`` stays ``"NA"``. An empty
cell is absent. A column whose name ends with ``@json`` holds what is no text, such as numbers, in
the canonical encoding of :mod:`nerv_lab.core.values`; so :func:`to_csv` writes it. The reader is
that of the standard library: it guesses no types and knows the line of each record, where pandas
would have to be kept from the one and cannot tell the other.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Relation
from nerv_lab.exchange.difference import located
from nerv_lab.exchange.ports import ChangeTarget, StateSource, bringing_in, in_order, send
from nerv_lab.exchange.tables.file_rows import (
    JSON_SUFFIX,
    encoded,
    entity_row,
    read_row,
    relation_row,
)
from nerv_lab.exchange.tables.tables import Columns, Table, checked_columns, plan_tables, tables_of
from nerv_lab.exchange.whole_files import PathLike, expanded, whole_file, whole_folder
from nerv_lab.inner_universe.contract.progress import Meter, Progress, counted_file, told
from nerv_lab.lab.import_reports import ImportReport

__all__ = ["import_csv", "to_csv"]

CsvSource = str | Path | IO[str]
Convert = Mapping[str, Callable[[str], Any]]


def to_csv(source: StateSource, folder: PathLike, *, progress: Progress = None) -> None:
    """Write a graph as ``entities.csv`` and ``relations.csv``, ordered by id, without loss.

    Text stands in a column of its name, and all else in a column ``NAME@json``.

    Parameters
    ----------
    source : Lab or View
        The present, or a past.
    folder : str or path
        Where to; made where it is not there. Files that are there are replaced when the new ones
        are whole.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in items.
    """
    state = source.state
    with told(progress) as meter, whole_folder(folder) as place:
        meter.expect(len(state))
        with whole_file(place / _ENTITIES) as nodes, whole_file(place / _RELATIONS) as edges:
            entities, relations = state.entities, state.relations
            _write(nodes, ("id",), lambda: map(_entity_cells, in_order(entities)), meter)
            ends = ("id", "source", "target")
            _write(edges, ends, lambda: map(_relation_cells, in_order(relations)), meter)


_ENTITIES: Final = "entities.csv"
_RELATIONS: Final = "relations.csv"


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
    folder: PathLike | None = None,
    progress: Progress = None,
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
        At least one; the first line names the columns. Or else give ``folder``.
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
    folder : str or path, optional
        What :func:`to_csv` wrote.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in bytes of files.
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
    given = dict(convert or {}), converters
    known = converters.keys() - {strength, "bidirectional"}
    if folder is not None:
        if nodes is not None or edges is not None:
            raise ValidationError("folder", "give either a folder or files")
        nodes, edges = Path(folder) / _ENTITIES, Path(folder) / _RELATIONS
    with bringing_in(progress) as meter, ExitStack() as files:
        # Both are opened first: what there is to read in all is known from then on.
        texts = [
            None if source is None else files.enter_context(_lines(name, source, encoding, meter))
            for name, source in (("nodes", nodes), ("edges", edges))
        ]
        read = [
            None if text is None else _table(name, text, by_column, separator, encoding)
            for name, text, by_column in zip(("nodes", "edges"), texts, given, strict=True)
        ]
        tables = tables_of(read[0], read[1])
        _refuse_unknown(known, tables)
        planned = plan_tables(
            lab.state, *tables, columns, create_missing=create_missing, source="CSV"
        )
        return send(lab, planned, reason or "import from CSV")


def _entity_cells(entity: Any) -> dict[str, Any]:
    return {"id": entity.id} | encoded(entity_row(entity), _fits)


def _relation_cells(relation: Relation) -> dict[str, Any]:
    row = relation_row(relation)
    fields = {"strength": repr(row.pop("weight")), "bidirectional": str(row.pop("bidirectional"))}
    ends = {"source": relation.from_entity, "target": relation.to_entity}
    return {"id": relation.id, **ends, **fields, **encoded(row, _fits)}


def _fits(name: str, value: object) -> bool:
    return isinstance(value, str) and value != "" and not {"\r", "\0"} & {*value}


def _write(
    file: IO[bytes],
    always: tuple[str, ...],
    rows: Callable[[], Iterable[dict[str, Any]]],
    meter: Meter,
) -> None:
    columns = sorted({column for row in rows() for column in row}.union(always), key=_place)
    text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    if "\r" in "".join(columns):  # before Python 3.13 not quoted where it is not asked for
        csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(columns)
    else:
        writer.writeheader()
    for row in meter.each(rows()):
        writer.writerow(row)
    text.detach()


_FIRST: Final = ("id", "source", "target", "type", "name", "description", "strength")


def _place(column: str) -> tuple[int, str]:
    return (_FIRST.index(column) if column in _FIRST else len(_FIRST), column)


def _refuse_unknown(columns: set[str], tables: tuple[Table | None, Table | None]) -> None:
    present = {column for table in tables if table for column in table.columns}
    for column in sorted(columns - present):
        raise ValidationError(f"convert.{column}", "no file has such a column")


def _table(
    name: str, lines: Iterable[str], convert: Convert, separator: str, encoding: str
) -> Table:
    records = _records(name, lines, separator, encoding)
    _, first = next(records, (0, None))
    if first is None:
        raise ValidationError(name, "the file is empty; its first line has to name the columns")
    columns = checked_columns(name, first)
    reading = _Reading(name, columns, convert)
    return Table(name, columns, reading.rows(records), reading.where)


class _Reading:
    """The records of one file as rows."""

    def __init__(self, name: str, columns: tuple[str, ...], convert: Convert) -> None:
        self._name = name
        self._columns = columns
        self._convert = convert
        self._converted = [column for column in columns if column in convert]
        self._holds_json = any(column.endswith(JSON_SUFFIX) for column in columns)
        self._line = 1

    def where(self, position: int) -> str:
        """Return what to call the row that was read last."""
        return f"line {self._line}"

    def rows(self, records: Iterator[tuple[int, list[str]]]) -> Iterator[dict[str, Any]]:
        """Yield the rows, without their empty cells."""
        for line, cells in records:
            if len(cells) != len(self._columns):
                why = f"has {len(cells)} cells, the first line {len(self._columns)}"
                raise ValidationError(self._name, f"line {line}: {why}")
            self._line = line
            row = {c: text for c, text in zip(self._columns, cells, strict=True) if text}
            for column in self._converted:
                if column in row:
                    row[column] = _value(self._name, line, column, row[column], self._convert)
            if not self._holds_json:
                yield row
                continue
            with located(self._name, f"line {line}"):
                yield read_row(row)


def _records(
    name: str, lines: Iterable[str], separator: str, encoding: str
) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each record with the line that it begins on, without blank lines."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            if cells:
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValidationError(name, f"line {line}: not CSV: {error}") from None
    except UnicodeDecodeError:
        why = f"not {encoding} from about here on; pass encoding='...'"
        raise ValidationError(name, f"line {line}: {why}") from None


@contextmanager
def _lines(name: str, source: CsvSource, encoding: str, meter: Meter) -> Iterator[Iterable[str]]:
    """Open a file for reading; of one that is open already, the end is not known."""
    if not isinstance(source, (str, Path)):
        yield source
        return
    path = expanded(source)
    try:
        meter.expect(path.stat().st_size)
        file = counted_file(path, meter)
    except OSError as error:
        raise ValidationError(name, f"{source} cannot be read: {error.strerror}") from None
    with TextIOWrapper(file, encoding=encoding, newline="") as lines:
        yield lines


def _value(name: str, line: int, column: str, text: str, convert: Convert) -> Any:
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
