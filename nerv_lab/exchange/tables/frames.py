"""Tables of pandas, in and out.

The frames of :func:`to_pandas` are indexed by ``id`` and hold the fields of the items, then one
column for each property, named as in :mod:`nerv_lab.exchange.tables.flat`. :func:`import_pandas`
reads the same layout.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.core.history.versions import from_micros
from nerv_lab.core.values import thaw
from nerv_lab.exchange.difference import located
from nerv_lab.exchange.ports import ChangeTarget, StateSource, bringing_in, in_order, send
from nerv_lab.exchange.tables.flat import column_of, plain
from nerv_lab.exchange.tables.tables import Columns, Table, checked_columns, plan_tables, tables_of
from nerv_lab.inner_universe.contract.progress import Meter, Progress
from nerv_lab.lab.graph_tables import GraphFrames
from nerv_lab.lab.import_reports import ImportReport

__all__ = [
    "entity_frame",
    "import_pandas",
    "relation_frame",
    "table_of",
    "to_pandas",
]


def import_pandas(
    lab: ChangeTarget,
    nodes: pd.DataFrame | None = None,
    edges: pd.DataFrame | None = None,
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
    progress: Progress = None,
    reason: str | None = None,
) -> ImportReport:
    """Bring frames of nodes and edges into a lab, as one batch or not at all.

    The columns ``name`` (of nodes), ``description``, ``tags`` and ``bidirectional`` (of edges)
    are fields, and every column not named here is a property. An empty cell (None, NaN, NA, NaT)
    is absent: it sets nothing. What exists already is updated in what the frames give and keeps
    the rest; nothing is deleted. Ids that are integers become their decimal text. An edge
    without an id is named after its type and ends, so that a second import changes nothing.

    Parameters
    ----------
    lab : Lab
        Where to.
    nodes, edges : pandas.DataFrame, optional
        At least one; the id may also be the index.
    id, type : str
        Columns of ``nodes``.
    source, target, edge_id, edge_type, strength : str
        Columns of ``edges``.
    entity_type, relation_type : str, optional
        Types where the column is missing or a cell is empty.
    create_missing : bool
        Whether unknown ends of edges become entities of type ``entity_type``.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in rows.
    reason : str, optional
        Recorded with the batch.

    Raises
    ------
    ValidationError
        When anything is refused: a missing column, a repeated id, an unknown end, a value
        outside the type table. Nothing has changed then. Rows count from 0, as in ``iloc``.
    """
    columns = Columns(
        id, type, source, target, edge_id, edge_type, strength, entity_type, relation_type
    )
    with bringing_in(progress) as meter:
        tables = tables_of(
            None if nodes is None else table_of("nodes", nodes, id, meter),
            None if edges is None else table_of("edges", edges, edge_id, meter),
        )
        planned = plan_tables(
            lab.state, *tables, columns, create_missing=create_missing, source="pandas"
        )
        return send(lab, planned, reason or "import from pandas")


def table_of(name: str, frame: pd.DataFrame, index_name: str, meter: Meter) -> Table:
    """Return a frame as a table of plain values without its empty cells.

    Raises
    ------
    ValidationError
        When it is no frame, a column is not named by a string, or two have one name.
    """
    if not isinstance(frame, pd.DataFrame):
        raise ValidationError(name, f"must be a pandas.DataFrame, not {type(frame).__name__}")
    if frame.index.name == index_name and index_name not in frame.columns:
        frame = frame.reset_index()
    columns = checked_columns(name, list(frame.columns))
    cells = [_plain_cells(name, column, frame.iloc[:, i]) for i, column in enumerate(columns)]
    rows = (
        {column: value for column, value in zip(columns, row, strict=True) if value is not None}
        for row in zip(*cells, strict=True)
    )
    meter.expect(len(frame))
    return Table(name, columns, meter.each(rows))


_PLAIN: Final = frozenset({str, int, bool, float, type(None)})


def _plain_cells(name: str, column: str, series: pd.Series[Any]) -> list[Any]:
    """Return the cells of a column as values of Python, None where one is empty."""
    values = series.astype(object).tolist()
    kinds = set(map(type, values))
    if kinds <= _PLAIN:  # as the cells of most columns are
        return [None if v != v else v for v in values] if float in kinds else values
    return [_plain_cell(name, column, at, value) for at, value in enumerate(values)]


def _plain_cell(name: str, column: str, position: int, value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT or _is_nan(value):
        return None
    with located(f"{name}.{column}", f"row {position}"):
        return plain(value)


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and value != value


def to_pandas(source: StateSource, *, times: bool = False) -> GraphFrames:
    """Return a graph as two frames, ordered by id.

    Integers, floats, booleans, text and times have columns of that type (``Int64``, ``float64``,
    ``boolean``, ``string``, ``datetime64`` where all are in UTC or none has a zone), with missing
    cells where an item lacks the property; a property that holds values of several types has a
    column of objects. A property that is None reads as a missing cell.

    Parameters
    ----------
    source : Lab or View
        The present, or a past.
    times : bool
        Whether to add ``created_at``, ``updated_at`` (UTC) and ``revision``.
    """
    state = source.state
    return GraphFrames(
        entity_frame(in_order(state.entities), times=times),
        relation_frame(in_order(state.relations), times=times),
    )


def entity_frame(entities: Iterable[Entity], *, times: bool = False) -> pd.DataFrame:
    """Return entities as a frame in their order; see :func:`to_pandas`."""
    return _frame(tuple(entities), _ENTITY_COLUMNS, times)


def relation_frame(relations: Iterable[Relation], *, times: bool = False) -> pd.DataFrame:
    """Return relations as a frame in their order; see :func:`to_pandas`."""
    return _frame(tuple(relations), _RELATION_COLUMNS, times)


_ENTITY_COLUMNS: dict[str, Callable[[Any], Any]] = {
    "type": lambda e: e.type,
    "name": lambda e: e.name,
    "description": lambda e: e.description,
    "tags": lambda e: list(e.tags),
}
_RELATION_COLUMNS: dict[str, Callable[[Any], Any]] = {
    "source": lambda r: r.from_entity,
    "target": lambda r: r.to_entity,
    "type": lambda r: r.type,
    "description": lambda r: r.description,
    "strength": lambda r: r.strength,
    "bidirectional": lambda r: r.bidirectional,
    "tags": lambda r: list(r.tags),
}
_TIME_COLUMNS: dict[str, Callable[[Any], Any]] = {
    "created_at": lambda item: from_micros(item.created_at),
    "updated_at": lambda item: from_micros(item.updated_at),
    "revision": lambda item: item.revision,
}
_DTYPES: dict[str, str] = {
    "source": "string",
    "target": "string",
    "type": "string",
    "name": "string",
    "description": "string",
    "strength": "float64",
    "bidirectional": "bool",
    "tags": "object",
    "created_at": "datetime64[us, UTC]",
    "updated_at": "datetime64[us, UTC]",
    "revision": "int64",
}
_PROPERTY_DTYPES: dict[type, str] = {
    int: "Int64",
    float: "float64",
    bool: "boolean",
    str: "string",
}


def _frame(
    items: Sequence[Item], fields: Mapping[str, Callable[[Any], Any]], times: bool
) -> pd.DataFrame:
    index = pd.Index([item.id for item in items], dtype="string", name="id")
    data = {
        name: pd.Series([get(item) for item in items], index=index, dtype=_DTYPES[name])
        for name, get in {**fields, **(_TIME_COLUMNS if times else {})}.items()
    }
    for name in sorted({name for item in items for name in item.properties}):
        values = [item.properties.get(name) for item in items]
        data[column_of(name)] = pd.Series(
            [thaw(value) for value in values], index=index, dtype=_dtype_of(values)
        )
    return pd.DataFrame(data, index=index)


def _dtype_of(values: Sequence[object]) -> Any:
    types = {type(value) for value in values if value is not None}
    if types == {dt.datetime}:
        return _datetime_dtype(value for value in values if isinstance(value, dt.datetime))
    return _PROPERTY_DTYPES.get(types.pop(), "object") if len(types) == 1 else "object"


def _datetime_dtype(values: Iterable[dt.datetime]) -> str:
    """Return the type of a column of times, which has one zone and knows no others."""
    offsets = {value.utcoffset() for value in values}
    if offsets == {None}:
        return "datetime64[us]"
    return "datetime64[us, UTC]" if offsets == {dt.timedelta(0)} else "object"
