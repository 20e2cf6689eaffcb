"""What the definition of a schema is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.changes import Change, CreateEntity, UpdateEntity
from nerv_lab.core.graph.model import EntityMetadata, Item
from nerv_lab.core.graph.schemas import SCHEMAS_ID, Kind
from nerv_lab.core.graph.state import GraphState
from nerv_lab.lab.schemas.checks import Migrate

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["checked_steps", "items_of", "json_schema", "kind_named", "recording", "type_names"]


def kind_named(relation: bool) -> Kind:
    """Return what a type is one of."""
    return "relation" if relation else "entity"


def items_of(state: GraphState, kind: Kind, type: str) -> Iterator[Item]:
    """Yield the items of one type."""
    items: Iterable[Item] = (state.entities if kind == "entity" else state.relations).values()
    return (item for item in items if item.type == type)


def recording(state: GraphState, properties: Mapping[str, Any]) -> Change:
    """Return the change that records schemas, or forgets them."""
    if state.entity(SCHEMAS_ID) is not None:
        return UpdateEntity(SCHEMAS_ID, properties=properties)
    return CreateEntity(SCHEMAS_ID, SCHEMAS_ID, EntityMetadata("Schemas", properties=properties))


def type_names(given: str | Iterable[str] | None, field: str) -> tuple[str, ...] | None:
    """Return the types of the ends of a relation, or None for any.

    Raises
    ------
    ValidationError
        One of them is no name.
    """
    if given is None:
        return None
    listed = (given,) if isinstance(given, str) else tuple(given)
    return tuple(dict.fromkeys(checked_name(type, field) for type in listed))


def checked_steps(migrate: Mapping[int, Migrate], version: int) -> dict[int, Migrate]:
    """Return the functions that lead to a version.

    Raises
    ------
    ValidationError
        One of them is no function, or leads elsewhere.
    """
    for step, function in migrate.items():
        if not 1 <= step < version:
            raise ValidationError("migrate", f"{step!r} is no version before {version}")
        if not callable(function):
            raise ValidationError("migrate", f"what leads from version {step} must be a function")
    return dict(migrate)


def json_schema(model: type[BaseModel] | None) -> dict[str, Any] | None:
    """Return the JSON schema of a model, or None without one.

    Raises
    ------
    ValidationError
        It is no model, or has no JSON schema.
    """
    if model is None:
        return None
    if not hasattr(model, "model_json_schema"):
        raise ValidationError("model", "must be a pydantic model, such as class Person(BaseModel)")
    from pydantic.errors import PydanticInvalidForJsonSchema

    try:
        return model.model_json_schema()
    except PydanticInvalidForJsonSchema as error:
        raise ValidationError(
            "model", f"{model.__name__} has no JSON schema, which others need: {error.message}"
        ) from None
