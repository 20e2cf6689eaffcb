"""The schemas of a Lab: what the items of each type are to be like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from nerv_lab.core.checks import checked_name
from nerv_lab.core.errors import DuplicateIdError, SchemaNotFoundError, ValidationError
from nerv_lab.core.graph.changes import REMOVE, Change
from nerv_lab.core.graph.model import Item
from nerv_lab.core.graph.schemas import SCHEMAS_ID, Kind, TypeSchema
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.versions import Version
from nerv_lab.core.text import counted
from nerv_lab.lab.asking.tables import frame, html_table
from nerv_lab.lab.past.travel import Ref
from nerv_lab.lab.schemas.checks import Definition, Migrate, SchemaChecker
from nerv_lab.lab.schemas.definitions import (
    checked_steps,
    items_of,
    json_schema,
    kind_named,
    recording,
    type_names,
)
from nerv_lab.lab.schemas.reports import SchemaEntry, SchemaMigration, SchemaReport
from nerv_lab.lab.schemas.steps import migration_changes, upgraded

if TYPE_CHECKING:
    import pandas as pd
    from pydantic import BaseModel

__all__ = ["Schemas"]

_COLUMNS = ["type", "kind", "version", "defined", "checked by", "items", "ends"]
_ATTEMPTS = 100


class _Lab(Protocol):
    """What schemas need of a Lab."""

    @property
    def state(self) -> GraphState: ...
    def apply(self, changes: Sequence[Change], *, reason: str | None = None) -> object: ...
    def refresh(self) -> None: ...


class Schemas:
    """The schemas in force in the graph, and those that this notebook defines, by type.

    A type of entities and one of relations may have the same name; the entities' comes first.

    Parameters
    ----------
    lab : Lab
        The graph.
    checker : SchemaChecker
        Knows what this notebook defines.
    commit : callable
        Makes changes, worked out from the present state, and a version of them.
    state_at : callable
        Returns the state of a place in the history.
    """

    def __init__(
        self,
        lab: _Lab,
        checker: SchemaChecker,
        commit: Callable[[str, Callable[[GraphState], Sequence[Change]]], Version],
        state_at: Callable[[Ref], GraphState],
    ) -> None:
        self._lab = lab
        self._checker = checker
        self._commit = commit
        self._state_at = state_at

    def define(
        self,
        type: str,
        model: type[BaseModel],
        *,
        version: int = 1,
        migrate: Mapping[int, Migrate] | None = None,
    ) -> SchemaEntry:
        """Let a pydantic model say what the entities of a type are to be like.

        From now on every write of this Lab is checked by the model, and that of others by the
        JSON schema that is recorded of it in the graph. What is there already is left alone: see
        `check`. A higher version than the one that is in force comes into force at once where
        there is no entity of the type, and by `migrate` otherwise.

        Parameters
        ----------
        type : str
            The type of entity.
        model : type of pydantic.BaseModel
            Its fields are the properties; ``id``, ``name``, ``description`` and ``tags`` are the
            entity's own.
        version : int
            Raise it when the model changes.
        migrate : mapping of int to callable, optional
            ``{1: upgrade}`` leads from version 1 to 2: it is given a dict of properties, may
            change it, and returns it (or None for the same). A step without a function only
            fills in the defaults of new fields.

        Returns
        -------
        SchemaEntry
            How the schema stands.

        Raises
        ------
        ValidationError
            The model has no JSON schema, the graph has a newer version, or another schema under
            this version.
        """
        return self._define("entity", type, model, version, migrate)

    def define_relation(
        self,
        type: str,
        model: type[BaseModel] | None = None,
        *,
        start: str | Iterable[str] | None = None,
        end: str | Iterable[str] | None = None,
        version: int = 1,
        migrate: Mapping[int, Migrate] | None = None,
    ) -> SchemaEntry:
        """Say what the relations of a type are to be like; see `define`.

        Parameters
        ----------
        type : str
            The type of relation.
        model : type of pydantic.BaseModel, optional
            For its properties; ``id``, ``from_entity``, ``to_entity``, ``description``,
            ``strength``, ``bidirectional`` and ``tags`` are the relation's own.
        start, end : str or iterable of str, optional
            Types of the entities at which it may begin and end; any by default.
        version, migrate
            As for `define`.
        """
        ends = (type_names(start, "start"), type_names(end, "end"))
        return self._define("relation", type, model, version, migrate, *ends)

    def _define(
        self,
        kind: Kind,
        type: str,
        model: type[BaseModel] | None,
        version: int,
        migrate: Mapping[int, Migrate] | None,
        start: tuple[str, ...] | None = None,
        end: tuple[str, ...] | None = None,
    ) -> SchemaEntry:
        if checked_name(type, "type") == SCHEMAS_ID:
            raise ValidationError("type", f"{SCHEMAS_ID!r} holds the schemas; choose another")
        schema = TypeSchema(kind, type, version, json_schema(model), start, end)
        schema = TypeSchema.from_value(schema.key, schema.value())
        steps = checked_steps(migrate or {}, version)
        self._check_recorded(schema)
        if self._comes_into_force(schema):
            self._record(schema.key, schema.value(), f"schema of {schema.title}")
        self._checker.defined[kind, type] = Definition(schema, model, steps)
        return self._entry(kind, type)

    def _check_recorded(self, schema: TypeSchema) -> None:
        found = self._in_force().get((schema.kind, schema.type))
        if found is None or found.version < schema.version:
            return
        if found.version > schema.version:
            raise ValidationError(
                "version",
                f"version {found.version} of {schema.type!r} is in force, which is newer than "
                f"{schema.version}; define that one",
            )
        if not found.agrees_with(schema):
            raise ValidationError(
                "model",
                f"version {schema.version} of {schema.type!r} is recorded with another schema; "
                f"define this one as version {schema.version + 1}",
            )

    def _comes_into_force(self, schema: TypeSchema) -> bool:
        found = self._in_force().get((schema.kind, schema.type))
        if found is None:
            return True
        older = found.version < schema.version
        return older and not any(self._items(schema.kind, schema.type))

    def _record(self, name: str, value: Any, reason: str) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                self._lab.apply([recording(self._lab.state, {name: value})], reason=reason)
                return
            except DuplicateIdError:  # somebody else recorded the first schema
                if attempt == _ATTEMPTS - 1:
                    raise
                self._lab.refresh()

    def drop(self, type: str, *, relation: bool = False) -> None:
        """Take a schema out of force, for everybody; the items stay as they are.

        Raises
        ------
        SchemaNotFoundError
            There is no schema of this type.
        """
        kind = kind_named(relation)
        schema = self._in_force().get((kind, type))
        defined = self._checker.defined.pop((kind, type), None)
        if schema is not None:
            self._record(schema.key, REMOVE, f"no schema of {schema.type} any more")
        elif defined is None:
            self._unknown(type)

    def check(self, at: Ref | None = None) -> SchemaReport:
        """Return what in the graph does not fit the schemas that are in force in it.

        Parameters
        ----------
        at : Version, View, str, int or datetime, optional
            A place in the history; the present by default.
        """
        state = self._lab.state if at is None else self._state_at(at)
        schemas = self._checker.in_force(state)
        return SchemaReport(self._checker.mismatches(state, state.items()), len(schemas))

    def migrate(
        self,
        type: str,
        *,
        relation: bool = False,
        dry_run: bool = False,
        description: str | None = None,
    ) -> SchemaMigration:
        """Bring the items of a type to the version that this notebook defines.

        The items and the record of the schema change in one transaction, which is one version,
        or nothing does. Of what is encrypted the functions see the envelope: it stays where it is,
        and what they put into a property that is kept encrypted is encrypted.

        Parameters
        ----------
        type : str
            The type, as it was defined.
        relation : bool
            It is one of relations.
        dry_run : bool
            Only say what would change, and what would not fit.
        description : str, optional
            That of the version.

        Raises
        ------
        SchemaMismatchError
            An item would not fit; nothing was changed.
        SchemaNotFoundError
            This notebook defines no such schema.
        """
        kind = kind_named(relation)
        defined = self._checker.defined.get((kind, type))
        if defined is None:
            self._unknown(type)
        found = self._version_in_force(kind, type)
        done = self._worked_out(defined, self._lab.state)
        if dry_run or found == defined.schema.version:
            return done
        text = description or f"schema of {type}: version {found} to {defined.schema.version}"

        def changes(state: GraphState) -> Sequence[Change]:
            nonlocal done
            done = self._worked_out(defined, state)
            for mismatch in done.mismatches:
                raise mismatch
            record = {defined.schema.key: defined.schema.value()}
            return [*done.requests, recording(state, record)]

        made = self._commit(text, changes)
        return replace(done, version=made)

    def _worked_out(self, defined: Definition, state: GraphState) -> SchemaMigration:
        schema = defined.schema
        found = self._checker.in_force(state).get((schema.kind, schema.type))
        since = found.version if found else schema.version
        return migration_changes(defined, since, state, self._checker)

    def models(
        self, type: str, *, relation: bool = False, at: Ref | None = None
    ) -> dict[str, BaseModel]:
        """Return the items of a type as instances of the model that this notebook defines.

        Items of an older version are brought to the present one by its migrations, in memory;
        what is encrypted is opened, where the key is there.

        Parameters
        ----------
        type : str
            The type, as it was defined.
        relation : bool
            It is one of relations.
        at : Version, View, str, int or datetime, optional
            A place in the history; the present by default.

        Returns
        -------
        dict
            By id, in the order of the ids.

        Raises
        ------
        ValidationError
            An item does not fit.
        SchemaNotFoundError
            This notebook defines no model of it.
        """
        kind = kind_named(relation)
        defined = self._checker.defined.get((kind, type))
        if defined is None or (model := defined.model) is None:
            self._unknown(type)
        state = self._lab.state if at is None else self._state_at(at)
        found = self._checker.in_force(state).get((kind, type))
        since = found.version if found else defined.schema.version
        items = sorted(items_of(state, kind, type), key=lambda item: item.id)
        shown = (self._checker.revealed(upgraded(item, since, defined)) for item in items)
        return {item.id: item.as_model(model) for item in shown}

    # How they stand

    def _in_force(self) -> Mapping[tuple[Kind, str], TypeSchema]:
        return self._checker.in_force(self._lab.state)

    def _version_in_force(self, kind: Kind, type: str) -> int:
        found = self._in_force().get((kind, type))
        return found.version if found else 0

    def _items(self, kind: Kind, type: str) -> Iterator[Item]:
        return items_of(self._lab.state, kind, type)

    def _unknown(self, type: str) -> NoReturn:
        raise SchemaNotFoundError(type, "define it with lab.schemas.define(...)")

    def _entry(self, kind: Kind, type: str) -> SchemaEntry:
        defined = self._checker.defined.get((kind, type))
        in_force = self._in_force().get((kind, type))
        items = sum(1 for _ in self._items(kind, type))
        by_model = bool(
            defined and in_force and defined.model and defined.schema.agrees_with(in_force)
        )
        return SchemaEntry(
            type,
            kind,
            in_force,
            defined.schema if defined else None,
            defined.model if defined and by_model else None,
            items,
        )

    @property
    def entries(self) -> tuple[SchemaEntry, ...]:
        """How each schema stands, those of entities first, by type."""
        keys = self._in_force().keys() | self._checker.defined.keys()
        return tuple(self._entry(kind, type) for kind, type in sorted(keys))

    def __getitem__(self, type: str) -> SchemaEntry:
        found = next((entry for entry in self.entries if entry.type == type), None)
        return self._unknown(type) if found is None else found

    def __contains__(self, type: object) -> bool:
        return any(entry.type == type for entry in self.entries)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(entry.type for entry in self.entries))

    def __len__(self) -> int:
        return len(list(iter(self)))

    @property
    def df(self) -> pd.DataFrame:
        """One row for each schema."""
        rows = [dict(zip(_COLUMNS, entry.cells, strict=True)) for entry in self.entries]
        return frame(rows, _COLUMNS)

    def __repr__(self) -> str:
        lines = [str(entry) for entry in self.entries]
        return "\n".join(lines) or "no schemas; lab.schemas.define('person', Person) makes one"

    def _repr_html_(self) -> str:
        rows = [["" if cell is None else cell for cell in entry.cells] for entry in self.entries]
        return html_table(counted(len(rows), "schema"), _COLUMNS, rows)
