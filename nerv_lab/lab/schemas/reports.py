"""What is said of schemas: how each stands, what does not fit, and what a migration does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from nerv_lab.core.errors import SchemaMismatchError
from nerv_lab.core.graph.changes import Change
from nerv_lab.core.graph.schemas import Kind, TypeSchema
from nerv_lab.core.history.versions import Version
from nerv_lab.core.text import counted
from nerv_lab.lab.asking.tables import frame, html_table
from nerv_lab.lab.past.diffs import Diff

if TYPE_CHECKING:
    import builtins

    import pandas as pd
    from pydantic import BaseModel

__all__ = ["SchemaEntry", "SchemaMigration", "SchemaReport"]

_SHOWN = 20
_COLUMNS = ["item", "field", "reason", "schema"]


@dataclass(frozen=True, slots=True)
class SchemaEntry:
    """How the schema of one type stands.

    Attributes
    ----------
    type : str
        The type.
    kind : "entity" or "relation"
        Of what.
    in_force : TypeSchema or None
        What every write is checked by, as the graph records it.
    defined : TypeSchema or None
        What this notebook defines.
    model : type of pydantic.BaseModel or None
        What checks here; None where the recorded JSON schema does.
    items : int
        How many there are of the type.
    """

    type: str
    kind: Kind
    in_force: TypeSchema | None
    defined: TypeSchema | None
    model: builtins.type[BaseModel] | None
    items: int

    @property
    def pending(self) -> bool:
        """Whether this notebook defines a version that is not in force yet."""
        version = self.in_force.version if self.in_force else 0
        return self.defined is not None and self.defined.version > version

    @property
    def checked_by(self) -> str:
        """What checks a write of this Lab."""
        if self.model is not None:
            return self.model.__name__
        if self.in_force is None:
            return "nothing"
        return "JSON schema" if self.in_force.schema is not None else "types of its ends"

    @property
    def cells(self) -> tuple[Any, ...]:
        """Its row in the frame of the schemas."""
        return (
            self.type,
            self.kind,
            self.in_force.version if self.in_force else None,
            self.defined.version if self.defined else None,
            self.checked_by,
            self.items,
            self._ends,
        )

    @property
    def _ends(self) -> str:
        schema = self.in_force or self.defined
        if schema is None or (schema.start is None and schema.end is None):
            return ""
        start, end = map(_any_of, (schema.start, schema.end))
        return f"{start} -> {end}"

    def __str__(self) -> str:
        version = f"version {self.in_force.version}" if self.in_force else "not in force"
        ends = f", {self._ends}" if self._ends else ""
        text = f"{self.type} ({self.kind}): {version}{ends}, checked by {self.checked_by}"
        items = counted(self.items, "item")
        if not self.pending or self.defined is None:
            return f"{text}, {items}"
        relation = ", relation=True" if self.kind == "relation" else ""
        return (
            f"{text}; version {self.defined.version} is defined here, and "
            f"lab.schemas.migrate({self.type!r}{relation}) brings {items} to it"
        )

    __repr__ = __str__


def _any_of(types: tuple[str, ...] | None) -> str:
    return "any" if types is None else "|".join(types)


def _unfit(mismatches: Sequence[SchemaMismatchError]) -> str:
    return f"{len(mismatches)} {'does' if len(mismatches) == 1 else 'do'} not fit"


class SchemaReport(Sequence[SchemaMismatchError]):
    """What does not fit, each with its item, field and reason; empty when all does.

    Attributes
    ----------
    schemas : int
        How many schemas were in force.
    """

    def __init__(self, mismatches: Iterable[SchemaMismatchError], schemas: int) -> None:
        self._mismatches = tuple(mismatches)
        self.schemas = schemas

    @overload
    def __getitem__(self, index: int) -> SchemaMismatchError: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[SchemaMismatchError, ...]: ...
    def __getitem__(
        self, index: int | slice
    ) -> SchemaMismatchError | tuple[SchemaMismatchError, ...]:
        return self._mismatches[index]

    def __len__(self) -> int:
        return len(self._mismatches)

    @property
    def ok(self) -> bool:
        """Whether everything fits."""
        return not self

    @property
    def df(self) -> pd.DataFrame:
        """One row for each."""
        return frame([dict(zip(_COLUMNS, row, strict=True)) for row in self._rows()], _COLUMNS)

    def _rows(self) -> list[tuple[str, str, str, str]]:
        return [(m.item, m.field, m.reason, m.schema) for m in self]

    def __repr__(self) -> str:
        if self.ok:
            schemas = "schema" if self.schemas == 1 else f"{self.schemas} schemas"
            return f"all items fit the {schemas} in force"
        lines = [f"{_unfit(self)}:"]
        lines += [f"  {item} {field}: {why}" for item, field, why, _ in self._rows()[:_SHOWN]]
        if len(self) > _SHOWN:
            lines.append(f"  … and {len(self) - _SHOWN} more")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return html_table(repr(self).splitlines()[0], _COLUMNS, self._rows()[:_SHOWN])


@dataclass(frozen=True, slots=True)
class SchemaMigration:
    """What a migration did or, in a dry run, would do.

    Attributes
    ----------
    schema : TypeSchema
        Where it leads.
    since : int
        The version that was in force.
    changes : Diff
        What changes, item by item.
    requests : tuple of Change
        What to ask the store for.
    mismatches : tuple of SchemaMismatchError
        What would not fit; then the migration is refused.
    version : Version or None
        What came out; None in a dry run, or where there was nothing to do.
    """

    schema: TypeSchema
    since: int
    changes: Diff
    requests: tuple[Change, ...]
    mismatches: tuple[SchemaMismatchError, ...]
    version: Version | None = None

    def __repr__(self) -> str:
        done = f"version {self.version.id}" if self.version else "nothing was changed"
        steps = f"{self.schema.type}: version {self.since} to {self.schema.version}"
        counts = f"{counted(len(self.changes), 'item')} to change, {_unfit(self.mismatches)}"
        lines = [f"{steps}, {counts}; {done}"]
        lines += [f"! {mismatch}" for mismatch in self.mismatches[:_SHOWN]]
        if self.changes:
            lines.append(repr(self.changes))
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        head = repr(self).splitlines()[0]
        rows = [(m.item, m.field, m.reason, m.schema) for m in self.mismatches[:_SHOWN]]
        return html_table(head, _COLUMNS, rows) + self.changes._repr_html_()
