"""Results of a computation, written back to the items they are about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nerv_lab.core.errors import EntityNotFoundError, RelationNotFoundError, ValidationError
from nerv_lab.core.graph.changes import UpdateEntity, UpdateRelation
from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.core.graph.schemas import SCHEMAS_ID
from nerv_lab.core.graph.state import GraphState
from nerv_lab.exchange.difference import Difference, RelationDraft
from nerv_lab.exchange.ports import ChangeTarget, send
from nerv_lab.exchange.tables.flat import plain
from nerv_lab.lab.import_reports import ImportProblem, ImportReport
from nerv_lab.lab.security.encryption_record import ENCRYPTION_ID

__all__ = ["set_properties"]

# What algorithms see in the graph too, and what takes no other properties.
_RECORDS = (SCHEMAS_ID, ENCRYPTION_ID)
_HINT = "only what is there can be given a value; nothing was changed"


def set_properties(
    lab: ChangeTarget, values: Any, name: str | None = None, *, reason: str | None = None
) -> ImportReport:
    """Set properties of many items from what was computed, as one batch or not at all.

    ::

        lab.set_properties(nx.pagerank(lab.nx), "pagerank", reason="centrality")

    The other fields and properties of the items stay, and a value that is there already is not
    written again.

    Parameters
    ----------
    lab : Lab
        Where to.
    values : mapping, pandas.Series or pandas.DataFrame
        From items to values. An item is an entity, a relation, its id, or an edge as networkx
        names it: ``(source, target, relation id)``, or ``(source, target)`` where only one
        relation runs there. Without a `name`, each value is a dict of properties, or each column
        of the frame is a property. Missing values of pandas set nothing; `nerv_lab.REMOVE`
        removes.
    name : str, optional
        The property.
    reason : str, optional
        Recorded with the batch.

    Returns
    -------
    ImportReport
        How many items changed, and how many had the value already.

    Raises
    ------
    EntityNotFoundError, RelationNotFoundError
        There is no such item.
    ValidationError
        A value is refused, or it is not clear which item is meant.
    """
    difference, left_out = Difference(lab.state), []
    for key, properties in _by_item(values, name):
        item = _item(lab.state, key)
        if item.id in _RECORDS:
            left_out.append(
                ImportProblem(repr(item), "left out: a record that the lab itself keeps")
            )
        else:
            _put(difference, item, properties)
    what = f"values of {name!r}" if name is not None else "values"
    planned = difference.changes, difference.report(what, left_out)
    return send(lab, planned, reason or f"set {name if name is not None else 'properties'}")


def _put(difference: Difference, item: Item, properties: Mapping[str, Any]) -> None:
    try:
        given = {name: plain(value) for name, value in properties.items()}
        if isinstance(item, Entity):
            difference.put_entity(UpdateEntity(item.id, properties=given))
        else:
            fields = UpdateRelation(item.id, properties=given)
            difference.put_relation(RelationDraft(item.from_entity, item.to_entity, fields))
    except ValidationError as error:
        raise type(error)(error.field, f"for {item!r}: {error.reason}") from None


def _by_item(values: Any, name: str | None) -> Iterator[tuple[object, Mapping[str, Any]]]:
    """Yield items and the properties that they are given."""
    if name is not None and not isinstance(name, str):
        raise ValidationError("name", f"must be text, not {name!r}")
    if type(values).__module__.startswith("pandas"):
        yield from _of_pandas(values, name)
    elif not isinstance(values, Mapping):
        kind = type(values).__name__
        raise ValidationError("values", f"must be a mapping from items to values, not {kind}")
    else:
        for key, value in values.items():
            if name is None and not isinstance(value, Mapping):
                raise ValidationError(
                    "name", f"say which property the values are: {key!r} has {value!r}"
                )
            yield key, value if name is None else {name: value}


def _of_pandas(values: Any, name: str | None) -> Iterator[tuple[object, Mapping[str, Any]]]:
    if values.ndim == 1:
        values = values.to_frame(values.name if name is None else name)
    elif name is not None:
        raise ValidationError("name", "the columns of a frame name the properties; give no name")
    if not all(isinstance(column, str) for column in values.columns):
        raise ValidationError("name", f"say which property the values are: {values.columns[0]!r}")
    there = values.notna()
    columns = [values[column].astype(object).tolist() for column in values.columns]
    given = [there[column].tolist() for column in values.columns]
    for position, key in enumerate(values.index):
        yield (
            key,
            {
                column: cells[position]
                for column, cells, known in zip(values.columns, columns, given, strict=True)
                if known[position]
            },
        )


def _item(state: GraphState, key: object) -> Item:
    if isinstance(key, tuple):
        return _edge(state, key)
    if isinstance(key, Relation):
        return _found(state.relation(key.id), RelationNotFoundError(key.id, _HINT))
    id = key.id if isinstance(key, Entity) else key
    if not isinstance(id, str):
        raise ValidationError("values", f"{key!r} is not an entity, a relation, an id or an edge")
    entity, relation = state.entity(id), state.relation(id)
    if entity and relation and not isinstance(key, Entity):
        raise ValidationError(
            "values", f"{id!r} is both an entity and a relation; give lab.entity({id!r}) as the key"
        )
    return _found(entity or relation, EntityNotFoundError(id, _HINT))


def _found(item: Item | None, error: Exception) -> Item:
    if item is None:
        raise error
    return item


def _edge(state: GraphState, edge: tuple[Any, ...]) -> Relation:
    """Return the relation of an edge, which an undirected graph may have the other way round."""
    if not 2 <= len(edge) <= 3:
        raise ValidationError(
            "values", f"{edge!r} is not an edge; give (source, target, relation id)"
        )
    ends = set(edge[:2])
    between: Iterable[Relation] = state.relations_of(edge[0]) if edge[0] in state.entities else ()
    found = sorted(
        (r for r in between if {r.from_entity, r.to_entity} == ends and edge[2:] in ((), (r.id,))),
        key=lambda r: ((r.from_entity, r.to_entity) != edge[:2], r.id),
    )
    if not found:
        raise RelationNotFoundError(str(edge[-1] if len(edge) == 3 else edge), _HINT)
    if len(found) > 1:
        ids = ", ".join(repr(r.id) for r in found)
        raise ValidationError("values", f"{edge!r} may be any of {ids}; give the id as well")
    return found[0]
