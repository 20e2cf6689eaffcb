"""Every error that nerv-lab raises on purpose.

::

    NervError
    ├── ValidationError (ValueError)
    │   ├── SchemaMismatchError
    │   └── ValueRefusedError
    ├── NotFoundError (LookupError)
    │   ├── EntityNotFoundError (KeyError)
    │   ├── RelationNotFoundError (KeyError)
    │   ├── VersionNotFoundError
    │   ├── BranchNotFoundError
    │   ├── EventNotFoundError
    │   ├── HistoryPrunedError
    │   ├── PerspectiveNotFoundError
    │   ├── ProjectionNotFoundError
    │   └── SchemaNotFoundError
    ├── DuplicateIdError (ValueError)
    ├── IntegrityError (ValueError)
    │   ├── DanglingRelationError
    │   └── EntityInUseError
    ├── ConflictError
    │   ├── HeadMovedError
    │   └── LogMovedError
    ├── ReadOnlyViewError (TypeError)
    ├── NotSerialisableError (TypeError)
    ├── TransactionError (RuntimeError)
    ├── UsageError (ValueError)
    ├── MissingLibraryError (ImportError)
    └── NERVPersistenceError
        ├── StoreNotFoundError (FileNotFoundError)
        ├── StoreUnreadableError (PermissionError)
        ├── ForeignStoreError
        ├── StoreInUseError
        ├── StoreKeyError
        │   ├── KeyMissingError
        │   ├── NotEncryptedError
        │   └── WrongKeyError
        ├── SealBrokenError
        ├── NewerSchemaError
        ├── CorruptStoreError
        ├── ReadOnlyStoreError (PermissionError)
        ├── StoreFullError
        ├── StoreBusyError (TimeoutError)
        ├── StoreClosedError
        ├── OutboxFullError
        ├── BundleError (ValueError)
        │   └── NewerBundleError
        ├── ProtocolError
        ├── PermissionDeniedError (PermissionError)
        ├── LogRewoundError
        └── ServerError (ConnectionError)
            ├── ServerUnreachableError
            ├── ServerGoneError
            ├── ServerTimeoutError (TimeoutError)
            ├── DatabaseNotFoundError
            ├── ModuleMismatchError
            ├── TokenRefusedError
            └── ProtocolNotOfferedError
"""

from __future__ import annotations

from collections.abc import Sequence


class NervError(Exception):
    """Base of every error raised on purpose by nerv-lab."""


class ValidationError(NervError, ValueError):
    """Input was refused before anything changed.

    Parameters
    ----------
    field : str
        The field that was refused, as a path such as ``properties.born``.
    reason : str
        Why it was refused and what would be accepted.
    """

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")

    def __reduce__(self) -> tuple[type[ValidationError], tuple[str, str]]:
        return type(self), (self.field, self.reason)


class ValueRefusedError(ValidationError):
    """A value lies outside the type table; ``field`` is the path to it."""


class SchemaMismatchError(ValidationError):
    """An item does not fit the schema of its type; nothing was changed.

    Parameters
    ----------
    field, reason : str
        As for `ValidationError`.
    item : str
        Key of the item, such as ``"e:ada"``.
    schema : str
        The schema, such as ``"person, version 2"``.
    """

    def __init__(self, field: str, reason: str, item: str = "", schema: str = "") -> None:
        super().__init__(field, reason)
        self.item = item
        self.schema = schema
        kind = "relation" if item.startswith("r:") else "entity"
        self.args = (f"{field}: {reason} ({kind} {item[2:]!r} does not fit {schema})",)

    def __reduce__(self) -> tuple[type[SchemaMismatchError], tuple[str, str, str, str]]:  # type: ignore[override]
        return type(self), (self.field, self.reason, self.item, self.schema)


class NotFoundError(NervError, LookupError):
    """Something was asked for by a name that is not there.

    Parameters
    ----------
    asked : str
        The id or name that was asked for.
    hint : str, optional
        What to do next.
    """

    kind = "item"

    def __init__(self, asked: str, hint: str = "") -> None:
        self.asked = asked
        self.hint = hint
        super().__init__(f"no {self.kind} {asked!r}" + (f"; {hint}" if hint else ""))

    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError would put it in quotes

    def __reduce__(self) -> tuple[type[NotFoundError], tuple[str, str]]:
        return type(self), (self.asked, self.hint)


class EntityNotFoundError(NotFoundError, KeyError):
    """No entity has this id."""

    kind = "entity"


class RelationNotFoundError(NotFoundError, KeyError):
    """No relation has this id."""

    kind = "relation"


class VersionNotFoundError(NotFoundError):
    """No version answers to this reference."""

    kind = "version"


class BranchNotFoundError(NotFoundError):
    """No branch has this name."""

    kind = "branch"


class EventNotFoundError(NotFoundError):
    """The log holds no event at this position."""

    kind = "event"


class HistoryPrunedError(NotFoundError):
    """A part of the history was asked for that retention has pruned.

    Parameters
    ----------
    asked : str
        What was asked for, such as ``"version 'v3'"`` or ``"event 12"``.
    hint : str, optional
        What is kept that is nearest to it.
    """

    def __init__(self, asked: str, hint: str = "") -> None:
        super().__init__(asked, hint)
        self.args = (f"{asked} was pruned by retention" + (f"; {hint}" if hint else ""),)


class PerspectiveNotFoundError(NotFoundError):
    """No perspective is registered under this name."""

    kind = "perspective"


class ProjectionNotFoundError(NotFoundError):
    """No projection is registered under this name."""

    kind = "projection"


class SchemaNotFoundError(NotFoundError):
    """No schema is defined for this type."""

    kind = "schema of type"


class DuplicateIdError(NervError, ValueError):
    """An item with this id exists already.

    Parameters
    ----------
    kind : str
        ``"entity"``, ``"relation"``, ``"branch"``, ``"version"``, ``"event"``, …
    id : str
        The id that is taken.
    """

    def __init__(self, kind: str, id: str) -> None:
        self.kind = kind
        self.id = id
        advice = {
            "entity": "choose another id, or update it, as exist_ok=True does",
            "relation": "choose another id, or update it, as exist_ok=True does",
            "branch": "choose another name, or switch to it",
        }
        super().__init__(f"{kind} {id!r} exists already; {advice.get(kind, 'choose another id')}")

    def __reduce__(self) -> tuple[type[DuplicateIdError], tuple[str, str]]:
        return type(self), (self.kind, self.id)


class IntegrityError(NervError, ValueError):
    """The change would break the graph."""


class DanglingRelationError(IntegrityError):
    """A relation names an entity that does not exist.

    Parameters
    ----------
    relation_id : str
        The relation.
    end : str
        ``"from_entity"`` or ``"to_entity"``.
    entity_id : str
        The entity that is missing.
    """

    def __init__(self, relation_id: str, end: str, entity_id: str) -> None:
        self.relation_id = relation_id
        self.end = end
        self.entity_id = entity_id
        super().__init__(
            f"relation {relation_id!r}: {end} names entity {entity_id!r}, which does not exist; "
            f"add the entity first"
        )

    def __reduce__(self) -> tuple[type[DanglingRelationError], tuple[str, str, str]]:
        return type(self), (self.relation_id, self.end, self.entity_id)


class EntityInUseError(IntegrityError):
    """An entity that still has relations was to be deleted.

    Parameters
    ----------
    entity_id : str
        The entity.
    relations : sequence of str
        Ids of the relations that use it.
    """

    def __init__(self, entity_id: str, relations: Sequence[str]) -> None:
        self.entity_id = entity_id
        self.relations = tuple(relations)
        shown = ", ".join(repr(r) for r in self.relations[:3])
        count = len(self.relations)
        more = f" and {count - 3} more" if count > 3 else ""
        super().__init__(
            f"entity {entity_id!r} has {count} relation{'s' * (count != 1)} ({shown}{more}); "
            f"delete them first or pass cascade=True"
        )

    def __reduce__(self) -> tuple[type[EntityInUseError], tuple[str, tuple[str, ...]]]:
        return type(self), (self.entity_id, self.relations)


class ConflictError(NervError):
    """Two writers changed the same thing."""


class HeadMovedError(ConflictError):
    """A branch head was not where the writer expected it.

    Parameters
    ----------
    branch : str
        The branch.
    expected, actual : str or None
        Version ids: the head the writer saw, and the head the store holds.
    """

    def __init__(self, branch: str, expected: str | None, actual: str | None) -> None:
        self.branch = branch
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"branch {branch!r} moved: expected head {expected!r}, found {actual!r}; "
            f"look at the new head and commit again"
        )

    def __reduce__(self) -> tuple[type[HeadMovedError], tuple[str, str | None, str | None]]:
        return type(self), (self.branch, self.expected, self.actual)


class LogMovedError(ConflictError):
    """Somebody wrote between the look at the log and the write that was to follow on it.

    Parameters
    ----------
    expected, actual : int
        Position of the newest event: the one the writer saw, and the one found.
    """

    def __init__(self, expected: int, actual: int) -> None:
        self.expected = expected
        self.actual = actual
        super().__init__(
            f"the log moved from event {expected} to {actual}; take in what is new and repeat"
        )

    def __reduce__(self) -> tuple[type[LogMovedError], tuple[int, int]]:
        return type(self), (self.expected, self.actual)


class ReadOnlyViewError(NervError, TypeError):
    """A past view was asked to change."""


class NotSerialisableError(NervError, TypeError):
    """A function delta was asked to be persisted."""


class TransactionError(NervError, RuntimeError):
    """A transaction was used out of order, such as a commit inside one."""


class UsageError(NervError, ValueError):
    """A command was written wrongly; the message shows the usage."""


class MissingLibraryError(NervError, ImportError):
    """Something needs a library that was not installed with nerv-lab."""


class NERVPersistenceError(NervError):
    """The Inner Universe could not do what was asked."""


class StoreNotFoundError(NERVPersistenceError, FileNotFoundError):
    """The folder of the store file does not exist."""


class StoreUnreadableError(NERVPersistenceError, PermissionError):
    """The store file may not be read."""


class ForeignStoreError(NERVPersistenceError):
    """The file is not a nerv-lab store."""


class StoreInUseError(NERVPersistenceError):
    """Somebody has the store open, and what was asked needs it alone."""


class StoreKeyError(NERVPersistenceError):
    """The key and the store do not belong together; nothing was changed."""


class KeyMissingError(StoreKeyError):
    """The store, or a property, is encrypted, and no key was given that opens it."""


class NotEncryptedError(StoreKeyError):
    """A key was given for a store in plain text."""


class WrongKeyError(StoreKeyError):
    """The store is encrypted with another key."""


class SealBrokenError(NERVPersistenceError):
    """An encrypted property is not what was encrypted there: it was moved, or changed."""


class NewerSchemaError(NERVPersistenceError):
    """The store was written by a newer nerv-lab."""


class CorruptStoreError(NERVPersistenceError):
    """The store file is truncated or damaged."""


class ReadOnlyStoreError(NERVPersistenceError, PermissionError):
    """The store or its folder may not be written."""


class StoreFullError(NERVPersistenceError):
    """The disk is full; nothing was changed."""


class StoreBusyError(NERVPersistenceError, TimeoutError):
    """Another writer held the store for longer than the busy timeout."""


class StoreClosedError(NERVPersistenceError):
    """The store or lab was closed."""


class OutboxFullError(NERVPersistenceError):
    """So much waits for the server that nothing more is taken in; nothing was changed."""


class BundleError(NERVPersistenceError, ValueError):
    """The file is no bundle of a history, or not as it was written; nothing was changed."""


class NewerBundleError(BundleError):
    """The bundle was written by a newer nerv-lab."""


class ProtocolError(NERVPersistenceError):
    """The server sent something that is not of the protocol."""


class PermissionDeniedError(NERVPersistenceError, PermissionError):
    """The server does not let this identity do that.

    Parameters
    ----------
    identity : str
        Who asked, in hexadecimal.
    action : str
        What was asked, such as ``"create_entity"``.
    type : str
        The type of item it was asked of.
    """

    def __init__(self, identity: str, action: str, type: str) -> None:
        self.identity = identity
        self.action = action
        self.type = type
        super().__init__(
            f"identity {identity} may not {action} of type {type!r}; "
            f"ask the owner of the database to grant it"
        )

    def __reduce__(self) -> tuple[type[PermissionDeniedError], tuple[str, str, str]]:
        return PermissionDeniedError, (self.identity, self.action, self.type)


class LogRewoundError(NERVPersistenceError):
    """The server came back with another log than the one that was followed."""


class ServerError(NERVPersistenceError, ConnectionError):
    """A server could not be reached or used."""


class ServerUnreachableError(ServerError):
    """Nobody answers at the address."""


class ServerGoneError(ServerError):
    """The connection was lost and did not come back in time."""


class ServerTimeoutError(ServerError, TimeoutError):
    """The server did not answer in time."""


class DatabaseNotFoundError(ServerError):
    """The server has no database of this name."""


class ModuleMismatchError(ServerError):
    """The database does not run our module, or another version of it."""


class TokenRefusedError(ServerError):
    """The server does not accept the token."""


class ProtocolNotOfferedError(ServerError):
    """The server does not speak our protocol."""
