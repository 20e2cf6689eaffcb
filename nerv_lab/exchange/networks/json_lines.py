"""Nodes and relationships as lines of JSON, in the layout that Neo4j's APOC writes and reads.

::

    {"type":"node","id":"ada","labels":["person","maths"],"properties":{"name":"Ada"}}
    {"type":"relationship","id":"w","label":"wrote","properties":{"strength":1.0},
     "start":{"id":"ada","labels":["person"]},"end":{"id":"note","labels":["text"]}}

The first label is the type, the others are tags. What JSON lacks is written as in
:mod:`nerv_lab.core.values`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values import decode, encode
from nerv_lab.exchange.ports import ChangeTarget, StateSource, bringing_in, send
from nerv_lab.exchange.tables.file_rows import entity_row, relation_row
from nerv_lab.exchange.tables.tables import Columns, Table, plan_tables
from nerv_lab.exchange.whole_files import PathLike, expanded, whole_file
from nerv_lab.inner_universe.contract.progress import Meter, Progress, counted_file, told
from nerv_lab.lab.import_reports import ImportProblem, ImportReport

__all__ = ["import_json_lines", "to_json_lines"]

_KNOWN: Final = frozenset({"type", "id", "labels", "label", "properties", "start", "end"})


def to_json_lines(source: StateSource, path: PathLike, *, progress: Progress = None) -> None:
    """Write a graph as lines of JSON, line by line, ordered by id.

    Parameters
    ----------
    source : Lab or View
        The present, or a past.
    path : str or path
        The file; one that is there is replaced when the new one is whole.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in lines.
    """
    state = source.state
    with told(progress) as meter, whole_file(path) as file:
        meter.expect(len(state))
        for line in meter.each(_lines(state)):
            file.write(line + b"\n")


def _lines(state: GraphState) -> Iterator[bytes]:
    for id in sorted(state.entities):
        yield encode(_node(state.entities[id]))
    for id in sorted(state.relations):
        yield encode(_relationship(state.relations[id], state))


def _node(entity: Entity) -> dict[str, Any]:
    row = entity_row(entity)
    return {"type": "node", "id": entity.id, "labels": _labels(entity), "properties": _rest(row)}


def _labels(entity: Entity) -> list[str]:
    return [entity.type, *entity.tags]


def _rest(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("type", "tags", "weight")}


def _relationship(relation: Relation, state: GraphState) -> dict[str, Any]:
    start, end = state.entities[relation.from_entity], state.entities[relation.to_entity]
    fields: dict[str, Any] = {"strength": relation.strength}
    if relation.tags:
        fields["tags"] = list(relation.tags)
    return {
        "type": "relationship",
        "id": relation.id,
        "label": relation.type,
        "properties": _rest(relation_row(relation)) | fields,
        "start": {"id": start.id, "labels": _labels(start)},
        "end": {"id": end.id, "labels": _labels(end)},
    }


def import_json_lines(
    lab: ChangeTarget,
    path: PathLike,
    *,
    entity_type: str = "node",
    progress: Progress = None,
    reason: str | None = None,
) -> ImportReport:
    """Bring lines of JSON into a lab, as one batch or not at all.

    The file is read twice, line by line: for its nodes and for its relationships. What is there
    already is updated, and nothing is deleted.

    Parameters
    ----------
    lab : Lab
        Where to.
    path : str or path
        The file.
    entity_type : str
        The type of nodes without a label.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in bytes.
    reason : str, optional
        Recorded with the batch.

    Returns
    -------
    ImportReport
        What changed, and what the lines hold besides.

    Raises
    ------
    ValidationError
        A line is refused; the reason begins with its number. Nothing has changed then.
    """
    with bringing_in(progress) as meter:
        reading = _Reading(expanded(path), meter)
        nodes = reading.rows("node", _node_row)
        edges = reading.rows("relationship", _edge_row)
        planned = plan_tables(
            lab.state,
            Table("nodes", ("id", "type"), nodes, reading.where),
            Table("edges", ("source", "target", "id", "type"), edges, reading.where),
            Columns(entity_type=entity_type),
            source="JSON lines",
            problems=reading.problems,
        )
        return send(lab, planned, reason or "import from JSON lines")


class _Reading:
    """One file, read for one kind of lines after the other."""

    def __init__(self, path: Path, meter: Meter) -> None:
        self._path = path
        self._meter = meter
        self._line = 0
        self._besides: Counter[str] = Counter()
        with self._opened():
            meter.expect(2 * path.stat().st_size)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = f"{self._path} cannot be read: {error.strerror}"
            raise ValidationError("path", reason) from None

    def problems(self) -> Iterator[ImportProblem]:
        """Yield what the lines hold that has no place here."""
        for name, count in sorted(self._besides.items()):
            yield ImportProblem(
                f"{name!r} of {count} lines", "left out: nodes and relationships have no such part"
            )

    def where(self, position: int) -> str:
        """Return what to call the row that was read last."""
        return f"line {self._line}"

    def rows(
        self, kind: str, row_of: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        for record in self._records():
            if record["type"] == kind:
                self._besides.update(record.keys() - _KNOWN)
                try:
                    yield row_of(record)
                except (KeyError, TypeError, AttributeError) as error:
                    raise self._refused(f"is no {kind}: {error!r}") from None

    def _records(self) -> Iterator[dict[str, Any]]:
        self._line = 0
        with self._opened(), counted_file(self._path, self._meter) as file:
            for self._line, text in enumerate(file, start=1):
                if text.strip():
                    yield self._record(text)

    def _record(self, text: bytes) -> dict[str, Any]:
        try:
            record = decode(text)
        except ValidationError as error:
            raise self._refused(error.reason) from None
        if not isinstance(record, dict) or record.get("type") not in ("node", "relationship"):
            raise self._refused(
                'must be a node or a relationship, such as {"type": "node", "id": "ada", …}'
            )
        return record

    def _refused(self, why: str) -> ValidationError:
        return ValidationError("path", f"line {self._line}: {why}")


def _node_row(record: dict[str, Any]) -> dict[str, Any]:
    row = {**record.get("properties", {}), "id": record["id"]}
    type, *tags = [*record.get("labels", ())] or [None]
    if type is not None:
        row["type"] = type
    return {**row, "tags": tags} if tags else row


def _edge_row(record: dict[str, Any]) -> dict[str, Any]:
    ends = {"source": record["start"]["id"], "target": record["end"]["id"]}
    row = {**record.get("properties", {}), **ends, "type": record["label"]}
    return {**row, "id": record["id"]} if "id" in record else row
