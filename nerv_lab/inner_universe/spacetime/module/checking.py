"""Seeing that a database has the tables and reducers that we know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nerv_lab.core.errors import ModuleMismatchError
from nerv_lab.inner_universe.spacetime.module.arguments import REDUCERS
from nerv_lab.inner_universe.spacetime.module.history_arguments import HISTORY_REDUCERS
from nerv_lab.inner_universe.spacetime.module.schema import MODULE_VERSION, TABLES

__all__ = ["check_schema", "newer_module", "read_schema"]


def newer_module(versions: Mapping[str, int], where: str) -> str | None:
    """Return why a database can be read alone: its module is newer than ours, and lets us read.

    Parameters
    ----------
    versions : mapping of str to int
        What the database records of its schema.
    where : str
        The address, for the error.

    Raises
    ------
    ModuleMismatchError
        When it is newer, and does not let us read.
    """
    found = versions.get("module", MODULE_VERSION)
    if found <= MODULE_VERSION:
        return None
    known = f"it runs a newer module (version {found}, this nerv-lab knows {MODULE_VERSION})"
    if versions.get("reader", found) > MODULE_VERSION:
        raise ModuleMismatchError(f"{where}: {known}; upgrade nerv-lab to open it")
    return f"{known}; upgrade nerv-lab to write it"


def check_schema(schema: Mapping[str, Any], where: str, *, to_write: bool = True) -> None:
    """Refuse a database whose tables or reducers are not those above.

    Parameters
    ----------
    schema : mapping
        As the server describes it.
    where : str
        The address, for the error.
    to_write : bool
        Look at the reducers too.

    Raises
    ------
    ModuleMismatchError
        When a table or reducer is missing or has another type.
    """
    tables, reducers = read_schema(schema, where)
    calls = {**REDUCERS, **HISTORY_REDUCERS} if to_write else {}
    for kind, ours, found in (("table", TABLES, tables), ("reducer", calls, reducers)):
        for name, expected in ours.items():
            if name not in found:
                raise ModuleMismatchError(
                    f"{where}: the database has no {kind} {name!r}, so it does not run the "
                    f"nerv-lab module; publish it with publish_module, or choose another database"
                )
            if found[name] != expected.shape():
                raise ModuleMismatchError(
                    f"{where}: the {kind} {name!r} is not that of module version "
                    f"{MODULE_VERSION}; update nerv-lab, or publish its module again"
                )


Shapes = dict[str, Any]


def read_schema(schema: Mapping[str, Any], where: str) -> tuple[Shapes, Shapes]:
    """Return the types of a database's tables and of its reducers' arguments, by name.

    Each is described as `Codec.shape` describes ours.

    Raises
    ------
    ModuleMismatchError
        When the description cannot be understood.
    """
    try:
        types = schema["typespace"]["types"]
        tables = {
            table["name"]: _shape({"Ref": table["product_type_ref"]}, types, _DEPTH)
            for table in schema["tables"]
        }
        reducers = {
            reducer["name"]: _shape({"Product": reducer["params"]}, types, _DEPTH)
            for reducer in schema["reducers"]
        }
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ModuleMismatchError(
            f"{where}: the server describes the database in a way that is not understood "
            f"({type(error).__name__}: {error}); use a server of 1.2 or a newer nerv-lab"
        ) from None
    return tables, reducers


_DEPTH = 16


def _shape(given: Any, types: list[Any], room: int) -> Any:
    """Return the description of a type that the server gave, as `Codec.shape` returns ours."""
    if room == 0:
        raise ValueError("types nest too deep")
    ((kind, inner),) = given.items()
    if kind == "Ref":
        return _shape(types[inner], types, room - 1)
    if kind == "Array":
        return ("Array", _shape(inner, types, room - 1))
    if kind == "Product":
        return ("Product", _members(inner["elements"], types, room))
    if kind == "Sum":
        return ("Sum", _members(inner["variants"], types, room))
    return str(kind)


def _members(listed: Any, types: list[Any], room: int) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (str(member["name"]["some"]), _shape(member["algebraic_type"], types, room - 1))
        for member in listed
    )
