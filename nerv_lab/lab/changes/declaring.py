"""Adding what may be there already, so that a cell can be run again."""

from __future__ import annotations

from typing import Any

from nerv_lab.core.errors import ValidationError
from nerv_lab.core.graph.model import Item, Relation

__all__ = ["but_defaults", "must_equal", "named_id"]


def named_id(id: str | None) -> str:
    """Return the id by which something is known again, or refuse that there is none."""
    if id is None:
        raise ValidationError("id", "must be given with exist_ok=True, to know what is there again")
    return id


def must_equal(there: Item, **fields: str) -> None:
    """Refuse what differs from what is there in a field that an update does not change."""
    kind = "relation" if isinstance(there, Relation) else "entity"
    for field, value in fields.items():
        known = getattr(there, field)
        if value != known:
            raise ValidationError(
                field, f"{kind} {there.id!r} is there already with {known!r}, not {value!r}"
            )


def but_defaults(**fields: tuple[Any, Any]) -> dict[str, Any]:
    """Return the fields whose values are not their defaults."""
    return {field: value for field, (value, default) in fields.items() if value != default}
