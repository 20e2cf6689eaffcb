"""Errors: each can be caught by its kind, says what to do, and survives a pickle."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from typing import Any

import pytest

from nerv_lab.core import errors
from nerv_lab.core.errors import (
    DanglingRelationError,
    DuplicateIdError,
    EntityInUseError,
    EntityNotFoundError,
    HeadMovedError,
    LogMovedError,
    NervError,
    NERVPersistenceError,
    PermissionDeniedError,
    StoreBusyError,
    StoreNotFoundError,
    ValidationError,
    ValueRefusedError,
)

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass) if issubclass(c, NervError)]
ARGUMENTS: dict[type, tuple[Any, ...]] = {
    DuplicateIdError: ("entity", "e1"),
    DanglingRelationError: ("r1", "to_entity", "e1"),
    EntityInUseError: ("e1", ("r1", "r2", "r3", "r4")),
    HeadMovedError: ("main", "v1", None),
    LogMovedError: (3, 5),
    PermissionDeniedError: ("c2ff", "create_entity", "person"),
}
IN_USE = (
    "entity 'e1' has 4 relations ('a', 'b', 'c' and 1 more); delete them first or pass cascade=True"
)


def example(kind: type[NervError]) -> NervError:
    if kind in ARGUMENTS:
        return kind(*ARGUMENTS[kind])
    if issubclass(kind, (ValidationError, errors.NotFoundError)):
        return kind("a", "b")
    return kind("what went wrong")


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("remake", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_an_error_survives_copying_and_pickling(kind: type[NervError], remake: Any) -> None:
    error = example(kind)
    again = remake(error)
    assert type(again) is kind
    assert str(again) == str(error)
    assert again.__dict__ == error.__dict__


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    drawn = re.findall(r"(\w+Error)(?: \((\w+)\))?$", errors.__doc__ or "", re.MULTILINE)
    assert {name for name, _ in drawn} == {kind.__name__ for kind in CLASSES}
    for name, builtin in drawn:
        outside = [
            b.__name__ for b in getattr(errors, name).__bases__ if b.__module__ == "builtins"
        ]
        assert outside == ([builtin] if builtin else ["Exception"] if name == "NervError" else [])


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (ValueRefusedError("a", "b"), ValueError),
        (EntityNotFoundError("e"), LookupError),
        (EntityNotFoundError("e"), KeyError),
        (StoreNotFoundError("gone"), FileNotFoundError),
        (StoreBusyError("busy"), TimeoutError),
    ],
)
def test_an_error_is_caught_by_the_builtin_it_resembles(
    error: NervError, builtin: type[Exception]
) -> None:
    assert isinstance(error, builtin)


def test_what_the_store_cannot_do_is_a_persistence_error() -> None:
    assert isinstance(StoreBusyError("busy"), NERVPersistenceError)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValidationError("tags[0]", "must be a string"), "tags[0]: must be a string"),
        (EntityNotFoundError("e1"), "no entity 'e1'"),
        (EntityNotFoundError("e1", "look at lab.entities"), "no entity 'e1'; look at lab.entities"),
        (
            EntityInUseError("e1", ["a", "b", "c", "d"]),
            IN_USE,
        ),
    ],
)
def test_a_message_says_what_is_wrong_and_what_to_do(error: NervError, message: str) -> None:
    assert str(error) == message
