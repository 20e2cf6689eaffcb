"""Bringing items from one version of their schema to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nerv_lab.core.graph.changes import REMOVE, Change, UpdateEntity, UpdateRelation
from nerv_lab.core.graph.documents import OWN_FIELDS
from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.values import freeze, thaw
from nerv_lab.lab.past.diffs import Diff
from nerv_lab.lab.schemas.checks import Definition, SchemaChecker
from nerv_lab.lab.schemas.reports import SchemaMigration

__all__ = ["migration_changes", "upgraded"]


def migration_changes(
    defined: Definition, since: int, state: GraphState, checker: SchemaChecker
) -> SchemaMigration:
    """Return what a migration changes, and what does not fit afterwards.

    Parameters
    ----------
    defined : Definition
        Where it leads.
    since : int
        The version that is in force.
    state : GraphState
        The graph.
    checker : SchemaChecker
        Says what fits.
    """
    schema = defined.schema
    held = state.entities if schema.kind == "entity" else state.relations
    items = [item for item in held.values() if item.type == schema.type]
    requests = [change for item in items if (change := _request(item, since, defined)) is not None]
    planned = plan(state, requests, 0)
    after = state.apply(planned)
    touched = [after.get(item.key) for item in items]
    mismatches = checker.fitting(after, [item for item in touched if item is not None], schema)
    labels = (f"version {since}", f"version {schema.version}")
    return SchemaMigration(
        schema, since, Diff(planned, *labels), tuple(requests), tuple(mismatches)
    )


def _request(item: Item, since: int, defined: Definition) -> Change | None:
    old, new = item.properties, upgraded(item, since, defined).properties
    patch = {name: value for name, value in new.items() if name not in old or old[name] != value}
    patch |= {name: REMOVE for name in old if name not in new}
    if not patch:
        return None
    return (UpdateEntity if isinstance(item, Entity) else UpdateRelation)(item.id, properties=patch)


def upgraded(item: Item, since: int, defined: Definition) -> Item:
    """Return an item with its properties as the present version has them.

    Raises
    ------
    ValidationError
        A migration returned something that is no value.
    """
    version = defined.schema.version
    if since >= version:
        return item
    properties: dict[str, Any] = thaw(dict(item.properties))
    for step in range(since, version):
        function = defined.migrate.get(step)
        changed = None if function is None else function(properties)
        properties = properties if changed is None else changed
    own = OWN_FIELDS[item.key[0]]
    for name, value in _defaults(defined).items():
        if name not in own:
            properties.setdefault(name, value)
    frozen = freeze(properties, f"migrate.{item.id}.properties")
    return replace(item, metadata=replace(item.metadata, properties=frozen))  # type: ignore[arg-type]


def _defaults(defined: Definition) -> Mapping[str, Any]:
    """Return the defaults of the model's fields, by the names of their properties."""
    if defined.model is None:
        return {}
    found = {}
    for name, field in defined.model.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        if not field.is_required() and default is not None:
            taken = field.validation_alias or field.alias or name
            found[taken if isinstance(taken, str) else name] = default
    return found
