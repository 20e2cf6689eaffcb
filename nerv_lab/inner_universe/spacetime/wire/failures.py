"""What the server refuses, said in our own errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from nerv_lab.core.errors import (
    ConflictError,
    DanglingRelationError,
    DuplicateIdError,
    EntityInUseError,
    EntityNotFoundError,
    HeadMovedError,
    HistoryPrunedError,
    IntegrityError,
    LogMovedError,
    NervError,
    NERVPersistenceError,
    PermissionDeniedError,
    RelationNotFoundError,
    ValidationError,
    ValueRefusedError,
    VersionNotFoundError,
)

__all__ = ["refusal"]


def _origin_gap(expected: int, got: int) -> NervError:
    return ConflictError(
        f"the server expected event {expected} of this client, but was given event {got}; "
        f"connect again, so that what is missing is sent first"
    )


def _integrity(reason: str) -> NervError:
    return IntegrityError(reason)


_KNOWN: Mapping[str, Callable[..., NervError]] = {
    "ValidationError": ValidationError,
    "ValueRefused": ValueRefusedError,
    "EntityNotFound": EntityNotFoundError,
    "RelationNotFound": RelationNotFoundError,
    "VersionNotFound": VersionNotFoundError,
    "HistoryPruned": HistoryPrunedError,
    "DuplicateId": DuplicateIdError,
    "Integrity": _integrity,
    "DanglingRelation": DanglingRelationError,
    "EntityInUse": EntityInUseError,
    "HeadMoved": HeadMovedError,
    "LogMoved": LogMovedError,
    "PermissionDenied": PermissionDeniedError,
    "OriginGap": _origin_gap,
}


def refusal(text: str, doing: str, where: str) -> NervError:
    """Return the error that a reducer's text stands for.

    Parameters
    ----------
    text : str
        What the reducer said.
    doing, where : str
        What was asked of whom, for a text that is not the module's.
    """
    try:
        said: Any = json.loads(text)
        return _KNOWN[said["error"]](**said["fields"])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return NERVPersistenceError(f"{doing} failed on {where}: the server said {text[:500]!r}")
