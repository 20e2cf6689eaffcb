"""A database with the module in it, called over HTTP: no client of ours is in between."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from shared.spacetime_server import SpacetimeServer, new_database

from nerv_lab.core.graph.changes import (
    REMOVE,
    UNSET,
    Change,
    CreateEntity,
    CreateRelation,
    DeleteEntity,
    DeleteRelation,
    RestoreEntity,
    RestoreRelation,
    UpdateEntity,
    UpdateRelation,
)
from nerv_lab.core.graph.item_changes import ItemChange
from nerv_lab.core.graph.model import Entity, EntityMetadata, Item, RelationMetadata
from nerv_lab.core.history.versions import Version
from nerv_lab.core.values import encode, freeze
from nerv_lab.inner_universe.contract.ids import new_id

MODULE = files("nerv_lab.inner_universe.spacetime") / "module.wasm"
_FAILED = 500
_NOT_LAUNCHED = b"failed to get or launch module host"
_LAUNCH_SECONDS = 60.0
_REFUSED = 530


class RefusedError(Exception):
    """A reducer said no; `name` and `fields` are what it said."""

    def __init__(self, text: str) -> None:
        said = json.loads(text)
        self.name: str = said["error"]
        self.fields: dict[str, Any] = said["fields"]
        super().__init__(text)


class Database:
    """One identity's way to a database; without a token it is another one at each request."""

    def __init__(
        self, server: SpacetimeServer, name: str | None = None, *, anonymous: bool = False
    ) -> None:
        self._server = server
        self.name = name or new_database()
        self.identity, self.token = "", ""
        if not anonymous:
            known = json.loads(self._request("POST", "/v1/identity"))
            self.identity, self.token = known["identity"], known["token"]

    @property
    def url(self) -> str:
        return f"{self._server.url}/v1/database/{self.name}"

    def other(self, *, anonymous: bool = False) -> Database:
        """Return the same database for another identity, or for nobody in particular."""
        return Database(self._server, self.name, anonymous=anonymous)

    def publish(self, wasm: bytes | None = None) -> None:
        body = MODULE.read_bytes() if wasm is None else wasm
        self._request("PUT", f"/v1/database/{self.name}", body)

    def exists(self) -> bool:
        """Return whether the server knows the database."""
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=60)
        try:
            connection.request("GET", f"/v1/database/{self.name}")
            return connection.getresponse().status == 200
        finally:
            connection.close()

    def call(self, reducer: str, *args: Any) -> None:
        path = f"/v1/database/{self.name}/call/{reducer}"
        self._request("POST", path, json.dumps(args).encode())

    def apply(self, *changes: Change, batch_id: str | None = None, **fields: Any) -> None:
        """Call `apply_batch`."""
        self.call(
            "apply_batch",
            new_id() if batch_id is None else batch_id,
            fields.get("branch", "main"),
            some(fields.get("reason")),
            some(fields.get("source")),
            fields.get("origin_id", "tests"),
            fields.get("origin_seq", 0),
            [wire(change) for change in changes],
        )

    def commit(self, version: Version, delta: bytes, origin_seq: int = 0) -> None:
        """Call `commit_version`."""
        self.call("commit_version", version_wire(version), delta.hex(), "tests", origin_seq)

    def apply_and_commit(
        self,
        changes: Sequence[Change],
        expected_seq: int,
        version: Version,
        delta: bytes,
        **fields: Any,
    ) -> None:
        """Call `apply_and_commit`."""
        self.call(
            "apply_and_commit",
            fields.get("batch_id") or new_id(),
            fields.get("branch", "main"),
            some(fields.get("reason")),
            some(fields.get("source")),
            fields.get("origin_id", "tests"),
            fields.get("origin_seq", 0),
            [wire(change) for change in changes],
            expected_seq,
            version_wire(version),
            delta.hex(),
        )

    def move(
        self,
        name: str,
        expected: str | None,
        to: str | None,
        *changes: ItemChange,
        **fields: Any,
    ) -> None:
        """Call `move_branch`, or `move_branch_as_read` where `read_at` is given."""
        read_at = [fields["read_at"]] if "read_at" in fields else []
        self.call(
            "move_branch_as_read" if read_at else "move_branch",
            fields.get("move_id") or new_id(),
            name,
            some(expected),
            some(to),
            fields.get("rows_of", "main"),
            *read_at,
            [row_step(change) for change in changes],
            fields.get("origin_id", "tests"),
            fields.get("origin_seq", 0),
        )

    def sql(self, statement: str) -> dict[str, Any]:
        """Return the result of a statement; the owner may write with it, past every rule."""
        path = f"/v1/database/{self.name}/sql"
        (result,) = json.loads(self._request("POST", path, statement.encode()))
        return dict(result)

    def rows(self, table: str, where: str = "") -> list[dict[str, Any]]:
        """Return the rows of a table as dicts."""
        result = self.sql(f"SELECT * FROM {table}{where}")
        return [_read(row, {"Product": result["schema"]}) for row in result["rows"]]

    def log(self) -> list[dict[str, Any]]:
        """Return the event log in order."""
        return sorted(self.rows("event_log"), key=lambda row: row["seq"])

    def reducers(self) -> set[str]:
        """Return the names of the reducers that clients may call."""
        path = f"/v1/database/{self.name}/schema?version=9"
        listed = json.loads(self._request("GET", path))["reducers"]
        return {r["name"] for r in listed if r["lifecycle"] == {"none": []}}

    def _request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        deadline = time.monotonic() + _LAUNCH_SECONDS
        while True:
            status, content = self._answer(method, path, body)
            # On a busy machine it may launch a database twice, and the two are in each other's way.
            launched = status != _FAILED or _NOT_LAUNCHED not in content
            if launched or time.monotonic() > deadline:
                break
            time.sleep(0.05)  # another process gets on
        if status == _REFUSED and content.startswith(b"{"):
            raise RefusedError(content.decode())
        assert status == 200, (status, content)
        return content

    def _answer(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=60)
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def some(value: object) -> dict[str, Any]:
    """Return an option."""
    return {"none": []} if value is None else {"some": value}


def _given(value: object) -> dict[str, Any]:
    return {"none": []} if value is UNSET else {"some": value}


def _given_text(value: object) -> dict[str, Any]:
    return _given(value if value is UNSET else some(value))


def _json(value: object) -> str:
    return encode(freeze(value)).decode()


def _properties(properties: Any) -> list[dict[str, str]]:
    return [{"name": n, "value": _json(properties[n])} for n in sorted(properties)]


def _patches(properties: Any) -> list[dict[str, Any]]:
    return [
        {"name": n, "value": some(None if v is REMOVE else _json(v))} for n, v in properties.items()
    ]


def entity_meta(metadata: EntityMetadata) -> dict[str, Any]:
    return {
        "name": some(metadata.name),
        "description": some(metadata.description),
        "tags": list(metadata.tags),
        "properties": _properties(metadata.properties),
    }


def relation_meta(metadata: RelationMetadata) -> dict[str, Any]:
    return {
        "description": some(metadata.description),
        "strength": metadata.strength,
        "bidirectional": metadata.bidirectional,
        "tags": list(metadata.tags),
        "properties": _properties(metadata.properties),
    }


def version_wire(version: Version) -> dict[str, Any]:
    """Return a version as the reducers' JSON."""
    record = version.record()
    return {**record, "author": some(record["author"])}


def wire(change: Change) -> dict[str, Any]:
    """Return a change as the reducer's JSON."""
    return {type(change).__name__: _fields(change)}


def _fields(change: Change) -> dict[str, Any]:
    match change:
        case CreateEntity(id, kind, metadata):
            return {"id": id, "entity_type": kind, "metadata": entity_meta(metadata)}
        case UpdateEntity():
            return {
                "id": change.id,
                "entity_type": _given(change.type),
                "name": _given_text(change.name),
                "description": _given_text(change.description),
                "tags": _given(_listed(change.tags)),
                "properties": _patches(change.properties),
            }
        case DeleteEntity(id, cascade):
            return {"id": id, "cascade": cascade}
        case CreateRelation():
            return {
                "id": change.id,
                "from_entity": change.from_entity,
                "to_entity": change.to_entity,
                "relation_type": change.type,
                "metadata": relation_meta(change.metadata),
            }
        case UpdateRelation():
            return {
                "id": change.id,
                "relation_type": _given(change.type),
                "description": _given_text(change.description),
                "strength": _given(change.strength),
                "bidirectional": _given(change.bidirectional),
                "tags": _given(_listed(change.tags)),
                "properties": _patches(change.properties),
            }
        case DeleteRelation(id):
            return {"id": id}
        case RestoreEntity(entity):
            return {
                "id": entity.id,
                "entity_type": entity.type,
                "metadata": entity_meta(entity.metadata),
                "created_at": entity.created_at,
                "revision": entity.revision,
            }
        case RestoreRelation(relation):
            return {
                "id": relation.id,
                "from_entity": relation.from_entity,
                "to_entity": relation.to_entity,
                "relation_type": relation.type,
                "metadata": relation_meta(relation.metadata),
                "created_at": relation.created_at,
                "revision": relation.revision,
            }


def row_step(change: ItemChange) -> dict[str, Any]:
    """Return an item before and after as the reducer's JSON."""
    kind = "Entity" if change.key.startswith("e:") else "Relation"
    return {kind: {"old": some(_state(change.old)), "new": some(_state(change.new))}}


def _state(item: Item | None) -> dict[str, Any] | None:
    if item is None:
        return None
    times = {
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "revision": item.revision,
    }
    if isinstance(item, Entity):
        metadata = entity_meta(item.metadata)
        return {"id": item.id, "entity_type": item.type, "metadata": metadata, **times}
    return {
        "id": item.id,
        "from_entity": item.from_entity,
        "to_entity": item.to_entity,
        "relation_type": item.type,
        "metadata": relation_meta(item.metadata),
        **times,
    }


def _listed(tags: Any) -> Any:
    return tags if tags is UNSET else list(tags)


def own_event(
    event_id: str,
    event_type: str,
    data: str | None = None,
    source: str | None = None,
    timestamp: int = 0,
) -> dict[str, Any]:
    """Return an event of the user's own as `publish_events` takes it."""
    return {
        "event_id": event_id,
        "event_type": event_type,
        "source": some(source),
        "timestamp": timestamp,
        "data": some(data),
    }


def _read(value: Any, kind: dict[str, Any]) -> Any:
    """Return a value of a row in Python's types."""
    match kind:
        case {"Product": {"elements": elements}}:
            names = [element["name"]["some"] for element in elements]
            kinds = [element["algebraic_type"] for element in elements]
            return {n: _read(v, k) for n, v, k in zip(names, value, kinds, strict=True)}
        case {"Sum": {"variants": [present, _]}}:
            return _read(value[1], present["algebraic_type"]) if value[0] == 0 else None
        case {"Array": inner} if isinstance(value, list):
            return [_read(v, inner) for v in value]
        case _:
            return value


def versions(database: Database) -> Sequence[dict[str, Any]]:
    """Return the stored versions in log order."""
    return sorted(database.rows("state_version"), key=lambda row: row["seq"])
