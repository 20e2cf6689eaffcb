"""Tables of Arrow and files of Parquet.

The columns are those of :func:`~nerv_lab.exchange.to_pandas`. A property that is not of one type
that Arrow knows as such is a column of text in the canonical encoding of
:mod:`nerv_lab.core.values`, and the metadata of its field says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Item
from nerv_lab.core.values import decode, encode
from nerv_lab.exchange.extras import needs
from nerv_lab.exchange.ports import ChangeTarget, StateSource, bringing_in, send
from nerv_lab.exchange.tables.flat import column_of
from nerv_lab.exchange.tables.tables import Columns, Table, checked_columns, plan_tables, tables_of
from nerv_lab.exchange.whole_files import PathLike, expanded, whole_file, whole_folder
from nerv_lab.inner_universe.contract.progress import Meter, Progress, told
from nerv_lab.lab.graph_tables import GraphTables
from nerv_lab.lab.import_reports import ImportReport

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["import_parquet", "to_arrow", "to_parquet"]

_JSON: Final = {b"nerv_lab": b"json"}
_BATCH: Final = 10_000
_ENTITIES, _RELATIONS = "entities.parquet", "relations.parquet"


def to_arrow(source: StateSource) -> GraphTables:
    """Return a graph as tables of Arrow, ordered by id.

    Parameters
    ----------
    source : Lab or View
        The present, or a past.

    Raises
    ------
    MissingLibraryError
        pyarrow is not installed.
    """
    state = source.state
    return GraphTables(
        _table([state.entities[id] for id in sorted(state.entities)], _ENTITY_FIELDS),
        _table([state.relations[id] for id in sorted(state.relations)], _RELATION_FIELDS),
    )


def to_parquet(source: StateSource, folder: PathLike, *, progress: Progress = None) -> None:
    """Write a graph as ``entities.parquet`` and ``relations.parquet``; see :func:`to_arrow`.

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
    with needs("arrow"):
        import pyarrow.parquet as pq
    with told(progress) as meter, whole_folder(folder) as place:
        tables = to_arrow(source)
        meter.expect(len(source.state))
        with (
            whole_file(place / _ENTITIES) as entities,
            whole_file(place / _RELATIONS) as relations,
        ):
            for table, file in ((tables.entities, entities), (tables.relations, relations)):
                with pq.ParquetWriter(file, table.schema) as writer:
                    for batch in table.to_batches(_BATCH):
                        writer.write_batch(batch)
                        meter.advance(batch.num_rows)


_ENTITY_FIELDS: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "id": ("string", lambda e: e.id),
    "type": ("string", lambda e: e.type),
    "name": ("string", lambda e: e.name),
    "description": ("string", lambda e: e.description),
    "tags": ("tags", lambda e: list(e.tags)),
}
_RELATION_FIELDS: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "id": ("string", lambda r: r.id),
    "source": ("string", lambda r: r.from_entity),
    "target": ("string", lambda r: r.to_entity),
    "type": ("string", lambda r: r.type),
    "description": ("string", lambda r: r.description),
    "strength": ("float64", lambda r: r.strength),
    "bidirectional": ("bool", lambda r: r.bidirectional),
    "tags": ("tags", lambda r: list(r.tags)),
}
_KINDS: Final[dict[type, str]] = {int: "int64", float: "float64", bool: "bool", str: "string"}


def _table(items: Sequence[Item], fields: dict[str, tuple[str, Callable[[Any], Any]]]) -> pa.Table:
    with needs("arrow"):
        import pyarrow as pa
    arrays, schema = [], []
    for name, (kind, get) in fields.items():
        type = pa.list_(pa.string()) if kind == "tags" else pa.type_for_alias(kind)
        arrays.append(pa.array([get(item) for item in items], type))
        schema.append(pa.field(name, type))
    for name in sorted({name for item in items for name in item.properties}):
        values = [item.properties.get(name, _ABSENT) for item in items]
        type, metadata, cells = _column(values)
        arrays.append(pa.array(cells, type))
        schema.append(pa.field(column_of(name), type, metadata=metadata))
    return pa.table(arrays, schema=pa.schema(schema))


_ABSENT: Final = object()


def _column(values: list[Any]) -> tuple[Any, dict[bytes, bytes] | None, list[Any]]:
    """Return the type of a column, what is said of it, and its cells."""
    import pyarrow as pa

    given = [value for value in values if value is not _ABSENT]
    kinds = {type(value) for value in given}
    if len(kinds) == 1 and (kind := _KINDS.get(next(iter(kinds)))):
        return pa.type_for_alias(kind), None, [None if v is _ABSENT else v for v in values]
    if kinds == {dt.datetime} and {v.utcoffset() for v in given} == {dt.timedelta(0)}:
        cells = [None if v is _ABSENT else v for v in values]
        return pa.timestamp("us", "UTC"), None, cells
    texts = [None if v is _ABSENT else encode(v).decode() for v in values]
    return pa.string(), _JSON, texts


def import_parquet(
    lab: ChangeTarget,
    nodes: PathLike | None = None,
    edges: PathLike | None = None,
    *,
    folder: PathLike | None = None,
    progress: Progress = None,
    reason: str | None = None,
    create_missing: bool = False,
    **columns: Any,
) -> ImportReport:
    """Bring files of Parquet into a lab, as one batch or not at all.

    They are read a part at a time, and mean what frames mean to
    :func:`~nerv_lab.exchange.import_pandas`.

    Parameters
    ----------
    lab : Lab
        Where to.
    nodes, edges : str or path, optional
        The files, at least one; or else
    folder : str or path
        What :func:`to_parquet` wrote.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in rows.
    reason : str, optional
        Recorded with the batch.
    create_missing, **columns
        As for :func:`~nerv_lab.exchange.import_pandas`: ``id``, ``type``, ``source``,
        ``target``, ``edge_id``, ``edge_type``, ``strength``, ``entity_type``, ``relation_type``.

    Raises
    ------
    MissingLibraryError
        pyarrow is not installed.
    ValidationError
        When anything is refused; nothing has changed then.
    """
    if folder is not None:
        if nodes is not None or edges is not None:
            raise ValidationError("folder", "give either a folder or files")
        nodes, edges = Path(folder) / _ENTITIES, Path(folder) / _RELATIONS
    try:
        chosen = Columns(**columns)
    except TypeError as error:
        raise ValidationError("columns", str(error).partition(") ")[2] or str(error)) from None
    with bringing_in(progress) as meter, ExitStack() as files:
        tables = tables_of(
            None if nodes is None else _read("nodes", expanded(nodes), meter, files),
            None if edges is None else _read("edges", expanded(edges), meter, files),
        )
        planned = plan_tables(
            lab.state, *tables, chosen, create_missing=create_missing, source="Parquet"
        )
        return send(lab, planned, reason or "import from Parquet")


def _read(name: str, path: Path, meter: Meter, files: ExitStack) -> Table:
    with needs("arrow"):
        import pyarrow as pa
        import pyarrow.parquet as pq
    try:
        file = files.enter_context(pq.ParquetFile(path))
    except OSError as error:
        raise ValidationError(name, f"{path} cannot be read: {error}") from None
    except pa.ArrowInvalid as error:
        raise ValidationError(name, f"{path} is not Parquet: {error}") from None
    schema = file.schema_arrow
    meter.expect(file.metadata.num_rows)
    rows = meter.each(_rows(file, schema))
    return Table(name, checked_columns(name, schema.names), rows)


def _rows(file: Any, schema: Any) -> Iterator[dict[str, Any]]:
    encoded = {f.name for f in schema if (f.metadata or {}).get(b"nerv_lab") == b"json"}
    for batch in file.iter_batches(_BATCH):
        for row in _without_nulls(batch.to_pylist()):
            yield {n: decode(v) if n in encoded else v for n, v in row.items()}


def _without_nulls(rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return ({name: value for name, value in row.items() if value is not None} for row in rows)
