"""Does it fit? Items beside the schemas that are in force in their graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from nerv_lab.core.errors import SchemaMismatchError, ValidationError
from nerv_lab.core.graph.changes import Change, RestoreEntity, RestoreRelation
from nerv_lab.core.graph.documents import document, document_json, field_names, model_errors
from nerv_lab.core.graph.item_changes import ItemChange, compact
from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.core.graph.rules import plan
from nerv_lab.core.graph.schemas import SCHEMAS_ID, Kind, TypeSchema, kind_of, schemas_of
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.text import value_text
from nerv_lab.core.values.encrypted import Encrypted

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["Definition", "Migrate", "SchemaChecker"]

Migrate: TypeAlias = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Is given the properties of an item, may change them, and returns them, or None for the same."""
_CHANGES = get_args(Change)
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Definition:
    """A schema as this notebook defines it.

    Attributes
    ----------
    schema : TypeSchema
        What is recorded of it.
    model : type of pydantic.BaseModel or None
        What checks in its place here.
    migrate : mapping of int to callable
        Leads from the version of the key to the next.
    """

    schema: TypeSchema
    model: type[BaseModel] | None
    migrate: Mapping[int, Migrate] = field(default_factory=dict)


class SchemaChecker:
    """Checks items against the schemas of their graph.

    A schema that this notebook defines, in the version that is in force, is checked by its model;
    any other by the JSON schema that is recorded of it. Of an encrypted property that cannot be
    opened nothing is asked.

    Parameters
    ----------
    revealed : callable
        Opens what is encrypted of an item, as far as it can.
    """

    def __init__(self, revealed: Callable[[Item], Item] = lambda item: item) -> None:
        self.revealed = revealed
        self.defined: dict[tuple[Kind, str], Definition] = {}
        self._read: tuple[Entity | None, dict[tuple[Kind, str], TypeSchema]] = (None, {})
        self._agreed: dict[str, tuple[TypeSchema, Definition, bool]] = {}
        self._validators: dict[TypeSchema, Any] = {}

    def in_force(self, state: GraphState) -> Mapping[tuple[Kind, str], TypeSchema]:
        """Return the schemas of a graph, by kind and type."""
        holder = state.entity(SCHEMAS_ID)
        held, schemas = self._read
        if holder is not held:
            try:
                schemas = schemas_of(holder)
            except ValidationError as error:
                mend = f"{error.reason}; mend or delete the entity {SCHEMAS_ID!r}"
                raise ValidationError(error.field, mend) from None
            self._read = holder, schemas
        return schemas

    def check(self, before: GraphState, changes: Sequence[Change]) -> None:
        """Refuse changes after which an item that they touch does not fit.

        Parameters
        ----------
        before : GraphState
            The graph that is to be changed.
        changes : sequence of Change
            One batch; what it leads to counts, not each step.

        Raises
        ------
        SchemaMismatchError
            The first item that does not fit.
        ValidationError
            The changes break a rule of the graph, or the record of the schemas.
        """
        if not self._concerns(before, changes):
            return
        planned = plan(before, changes, 0)
        after = before.apply(planned)
        if after.entity(SCHEMAS_ID) is not before.entity(SCHEMAS_ID):
            for schema in self.in_force(after).values():
                self._validator(schema)
        touched = _touched(after, compact(planned)).values()
        for mismatch in self.mismatches(after, touched):
            raise mismatch

    def _concerns(self, before: GraphState, changes: Sequence[Change]) -> bool:
        concerned = before.entity(SCHEMAS_ID) is not None
        for change in changes:
            if not isinstance(change, _CHANGES):
                return False  # the store says what is wrong with it
            if isinstance(change, RestoreEntity):
                concerned |= change.entity.id == SCHEMAS_ID
            elif not isinstance(change, RestoreRelation):
                concerned |= change.id == SCHEMAS_ID
        return concerned

    def mismatches(self, state: GraphState, items: Iterable[Item]) -> Iterator[SchemaMismatchError]:
        """Yield what does not fit about some items of a graph."""
        schemas = self.in_force(state)
        for item in items:
            schema = schemas.get((kind_of(item), item.type))
            if schema is not None:
                yield from self._mismatches(state, item, schema)

    def fitting(
        self, state: GraphState, items: Iterable[Item], schema: TypeSchema
    ) -> Iterator[SchemaMismatchError]:
        """Yield what does not fit a schema about some items, whether it is in force or not."""
        for item in items:
            yield from self._mismatches(state, item, schema)

    def _mismatches(
        self, state: GraphState, item: Item, schema: TypeSchema
    ) -> Iterator[SchemaMismatchError]:
        encrypted = [n for n, value in item.properties.items() if type(value) is Encrypted]
        shown = self.revealed(item) if encrypted else item
        for place, reason in self._faults(state, shown, schema):
            name = next((n for n in encrypted if _is_inside(place, f"properties.{n}")), None)
            if name is not None:
                if type(shown.properties[name]) is Encrypted:
                    continue
                reason = "does not fit; it is encrypted, so it is not shown"
            yield SchemaMismatchError(place, reason, item.key, schema.title)

    def _faults(
        self, state: GraphState, item: Item, schema: TypeSchema
    ) -> Iterator[tuple[str, str]]:
        if (masked := schema.masked(item)) is not None:
            yield masked, "has the name of a field of the item itself, which the schema means"
        if (model := self._model(schema)) is not None:
            yield from _model_faults(item, model)
        elif schema.schema is not None:
            yield from self._schema_faults(item, schema)
        if isinstance(item, Relation):
            yield from _end_faults(state, item, schema)

    def _model(self, schema: TypeSchema) -> type[BaseModel] | None:
        """Return the model that this notebook checks a schema by, if it defines that one."""
        defined = self.defined.get((schema.kind, schema.type))
        if defined is None or defined.model is None:
            return None
        known = self._agreed.get(schema.key)
        if known is None or known[0] is not schema or known[1] is not defined:
            known = schema, defined, defined.schema.agrees_with(schema)
            self._agreed[schema.key] = known
        return defined.model if known[2] else None

    def _schema_faults(self, item: Item, schema: TypeSchema) -> Iterator[tuple[str, str]]:
        import orjson

        given = orjson.loads(document_json(schema.document(item)))
        try:
            errors = list(self._validator(schema).iter_errors(given))
        except Exception as failed:  # noqa: BLE001 - a schema of somebody else's, such as a circle
            why = type(failed).__name__
            yield "properties", f"cannot be checked, since its schema fails: {why}"
            return
        for error in errors:
            steps = list(error.absolute_path)
            if error.validator == "required":
                missing = [name for name in error.validator_value if name not in error.instance]
                for name in missing:
                    yield schema.place(item.key, [*steps, name]), "is missing"
            else:
                yield schema.place(item.key, steps), error.message

    def _validator(self, schema: TypeSchema) -> Any:
        found = self._validators.get(schema)
        if found is None:
            found = self._validators[schema] = _made_validator(schema)
        return found


def _made_validator(schema: TypeSchema) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry

    given = schema.value()["schema"]
    try:
        Draft202012Validator.check_schema({} if given is None else given)
    except SchemaError as error:
        place = f"properties.{schema.key}.schema"
        raise ValidationError(place, f"is not a JSON schema: {error.message}") from None
    # An empty registry: what somebody else recorded must not have this process fetch anything.
    return Draft202012Validator({} if given is None else given, registry=Registry())


def _is_inside(place: str, outer: str) -> bool:
    return place == outer or place.startswith((f"{outer}.", f"{outer}["))


def _touched(after: GraphState, changes: Sequence[ItemChange]) -> dict[str, Item]:
    """Return the items that changed, and the relations of entities whose type did."""
    items = {c.key: c.new for c in changes if c.new is not None}
    for change in changes:
        old, new = change.old, change.new
        if isinstance(old, Entity) and isinstance(new, Entity) and old.type != new.type:
            items.update({r.key: r for r in after.relations_of(new.id)})
    return items


def _model_faults(item: Item, model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    from pydantic import ValidationError as ModelError

    names = field_names(model)
    try:
        # As JSON and strictly: what is kept is what is checked, and "1815" is no number, while a
        # text may still be one of an enumeration.
        model.model_validate_json(document_json(document(item, names)), strict=True)
    except ModelError as error:
        yield from model_errors(error, item.key, names)


def _end_faults(
    state: GraphState, relation: Relation, schema: TypeSchema
) -> Iterator[tuple[str, str]]:
    for end, allowed in (("from_entity", schema.start), ("to_entity", schema.end)):
        entity = state.entity(getattr(relation, end))
        if allowed is not None and entity is not None and entity.type not in allowed:
            types = " or ".join(map(repr, allowed)) or "no entity"
            given = f"{entity.id!r} of type {value_text(entity.type, _SHOWN)}"
            yield end, f"must be of type {types}, not {given}"
