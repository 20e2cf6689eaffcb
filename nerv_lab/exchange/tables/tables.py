"""Tables of entities and relations, whatever library read them, as changes of the graph."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import Change, UpdateEntity, UpdateRelation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange.difference import Difference, RelationDraft, found_at
from nerv_lab.exchange.identity import RelationIds
from nerv_lab.exchange.tables.flat import property_of, tags_of
from nerv_lab.lab.import_reports import ImportProblem, ImportReport

__all__ = ["Columns", "Table", "checked_columns", "plan_tables", "tables_of"]

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns that are fields; every other column is a property.

    Attributes
    ----------
    id, type : str
        Of the table of nodes.
    source, target, edge_id, edge_type, strength : str
        Of the table of edges.
    entity_type, relation_type : str or None
        Types to take where the column is missing or a cell is empty.
    """

    id: str = "id"
    type: str = "type"
    source: str = "source"
    target: str = "target"
    edge_id: str = "id"
    edge_type: str = "type"
    strength: str = "strength"
    entity_type: str | None = None
    relation_type: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows without their empty cells.

    Attributes
    ----------
    name : str
        ``"nodes"`` or ``"edges"``, for errors.
    columns : tuple of str
        All columns, also those whose cells are all empty.
    rows : iterable of mapping
        Column to value.
    where : callable
        From the position of a row (from 0) to what to call it in an error.
    """

    name: str
    columns: tuple[str, ...]
    rows: Iterable[Row]
    where: Callable[[int], str] = "row {}".format

    def require(self, **columns: str) -> None:
        """Refuse a table that lacks one of these columns, each under the name of its option."""
        for option, column in columns.items():
            if column not in self.columns:
                shown = ", ".join(repr(c) for c in self.columns) or "none"
                raise ValidationError(
                    f"{self.name}.{column}",
                    f"there is no such column; the columns are {shown}; "
                    f"say which it is with {option}=…",
                )


def plan_tables(
    state: GraphState,
    nodes: Table | None,
    edges: Table | None,
    columns: Columns,
    *,
    create_missing: bool = False,
    source: str = "tables",
    problems: Callable[[], Iterable[ImportProblem]] = tuple,
) -> tuple[list[Change], ImportReport]:
    """Work out what tables change in the graph, without changing it.

    Parameters
    ----------
    state : GraphState
        The graph as it is.
    nodes, edges : Table or None
        Entities and relations.
    columns : Columns
        Which column is what.
    create_missing : bool
        Whether an end that is neither in the graph nor in ``nodes`` becomes a new entity.
    source : str
        What to call the data in the report.
    problems : callable
        Gives, when all rows were read, what was left out.

    Raises
    ------
    ValidationError
        When anything in the tables is refused; ``field`` is table and column, the reason begins
        with the row.
    """
    difference = Difference(state)
    if nodes is not None:
        _add_nodes(difference, nodes, columns)
    if edges is not None:
        _add_edges(difference, edges, columns, create_missing)
    return difference.changes, difference.report(source, problems())


def tables_of(nodes: Table | None, edges: Table | None) -> tuple[Table | None, Table | None]:
    """Return the tables, at least one of which has to be there."""
    if nodes is None and edges is None:
        raise ValidationError("nodes", "give nodes, edges or both")
    return nodes, edges


def checked_columns(table: str, columns: Sequence[Hashable]) -> tuple[str, ...]:
    """Return the names of columns, or refuse one that is no name or stands twice."""
    names: list[str] = []
    for position, column in enumerate(columns):
        if not isinstance(column, str) or not column:
            raise ValidationError(
                table, f"column {position} is named {column!r}; give it a name that is text"
            )
        if column in names:
            raise ValidationError(f"{table}.{column}", "two columns have this name")
        names.append(column)
    return tuple(names)


def _add_nodes(difference: Difference, nodes: Table, columns: Columns) -> None:
    nodes.require(id=columns.id)
    layout = _Layout(
        nodes,
        (columns.id, "id"),
        (columns.type, "type"),
        ("name", "name"),
        ("description", "description"),
        ("tags", "tags"),
    )
    first_seen: dict[str, str] = {}
    for position, row in enumerate(nodes.rows):
        where = nodes.where(position)
        try:
            id = _id_of(row, columns.id)
            given, properties = layout.split(row)
            del given["id"]
            if columns.entity_type is not None:
                given.setdefault("type", columns.entity_type)
            _refuse_repeated(first_seen, columns.id, id, where)
            if "type" not in given and not difference.has_entity(id):
                raise _untyped(nodes, columns.type, repr(id), "entity_type")
            difference.put_entity(UpdateEntity(id, **given, properties=properties))
        except ValidationError as error:
            raise found_at(nodes.name, where, error) from None


class _Layout:
    """What each column of a table is.

    Parameters
    ----------
    table : Table
        Rows may have columns that it does not name.
    *fields : tuple of str
        Columns and the fields that they hold; what a column holds first, it holds.
    """

    def __init__(self, table: Table, *fields: tuple[str, str]) -> None:
        self._fields: dict[str, str] = {}
        for column, field in fields:
            self._fields.setdefault(column, field)
        self._properties = {column: property_of(column) for column in table.columns}

    def split(self, row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the fields of a row, and its properties."""
        given: dict[str, Any] = {}
        properties: dict[str, Any] = {}
        fields, names = self._fields, self._properties
        for column, value in row.items():
            if column in fields:
                given[fields[column]] = value
                continue
            name = names.get(column)
            if name is None:
                name = names[column] = property_of(column)
            properties[name] = value
        if "tags" in given:
            given["tags"] = tags_of(given["tags"])
        if len(given) + len(properties) < len(row):
            rest = [column for column in row if column not in fields]
            doubled = next(c for c in rest if c != property_of(c) and property_of(c) in rest)
            raise ValidationError(doubled, f"and {property_of(doubled)!r} are the same property")
        return given, properties


def _untyped(table: Table, column: str, what: str, option: str) -> ValidationError:
    why = "the cell is empty" if column in table.columns else "there is no such column"
    return ValidationError(
        column, f"{why}, and {what} is new and needs a type; give one for all with {option}=…"
    )


def _add_edges(
    difference: Difference, edges: Table, columns: Columns, create_missing: bool
) -> None:
    edges.require(source=columns.source, target=columns.target)
    layout = _Layout(
        edges,
        (columns.source, "source"),
        (columns.target, "target"),
        (columns.edge_id, "id"),
        (columns.edge_type, "type"),
        ("description", "description"),
        ("tags", "tags"),
        (columns.strength, "strength"),
        ("bidirectional", "bidirectional"),
    )
    ids, first_seen = RelationIds(), dict[str, str]()
    for position, row in enumerate(edges.rows):
        where = edges.where(position)
        try:
            for column in (columns.source, columns.target):
                _check_end(difference, _id_of(row, column), column, columns, create_missing)
            draft = _relation_draft(row, layout, columns, ids)
            if draft is None:
                raise _untyped(edges, columns.edge_type, "the relation", "relation_type")
            _refuse_repeated(first_seen, columns.edge_id, draft.fields.id, where)
            difference.put_relation(draft)
        except ValidationError as error:
            raise found_at(edges.name, where, error) from None


def _check_end(
    difference: Difference, id: str, column: str, columns: Columns, create_missing: bool
) -> None:
    if difference.has_entity(id):
        return
    if not create_missing:
        raise ValidationError(
            column,
            f"there is no entity {id!r}; add it to the nodes, or pass create_missing=True",
        )
    if columns.entity_type is None:
        raise ValidationError(column, f"to create {id!r}, pass entity_type='...' as well")
    difference.put_entity(UpdateEntity(id, type=columns.entity_type))


def _relation_draft(
    row: Row, layout: _Layout, columns: Columns, ids: RelationIds
) -> RelationDraft | None:
    """Return the draft of a row, or None where it has neither an id nor a type."""
    ends = _id_of(row, columns.source), _id_of(row, columns.target)
    given, properties = layout.split(row)
    given.pop("source", None)
    given.pop("target", None)
    if columns.relation_type is not None:
        given.setdefault("type", columns.relation_type)
    if "id" in given:
        given["id"] = _id_of(row, columns.edge_id)
    elif "type" in given:
        given["id"] = ids.next(str(given["type"]), *ends)
    else:
        return None
    return RelationDraft(*ends, UpdateRelation(**given, properties=properties))


def _id_of(row: Row, column: str) -> str:
    value = row.get(column)
    if value is None:
        raise ValidationError(column, "the cell is empty")
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    hint = "; an empty cell turns a column of integers into floats" if type(value) is float else ""
    raise ValidationError(column, f"{value!r} is not an id; give a string or an integer{hint}")


def _refuse_repeated(first_seen: dict[str, str], column: str, id: str, where: str) -> None:
    if id in first_seen:
        raise ValidationError(column, f"{id!r} is already in {first_seen[id]}")
    first_seen[id] = where
