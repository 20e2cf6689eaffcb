"""Calling reducers over a WebSocket, in JSON: no client of ours is in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.spacetime_database import Database, RefusedError
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

_JSON = Subprotocol("v1.json.spacetimedb")
_SECONDS = 60.0


class SocketCaller:
    """Somebody's open WebSocket to a database."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        greeting = json.loads(socket.recv(timeout=_SECONDS))
        self.identity: str = _hex(greeting["IdentityToken"]["identity"])

    def call(self, reducer: str, *args: Any) -> None:
        """Call a reducer, and wait for what came of it."""
        call = {"reducer": reducer, "args": json.dumps(args), "request_id": 1, "flags": 0}
        self._socket.send(json.dumps({"CallReducer": call}))
        while True:
            said = json.loads(self._socket.recv(timeout=_SECONDS)).get("TransactionUpdate")
            if said is None or _hex(said["caller_identity"]) != self.identity:
                continue
            assert said["reducer_call"]["reducer_name"] == reducer
            if "Failed" in said["status"]:
                raise RefusedError(said["status"]["Failed"])
            assert "Committed" in said["status"]
            return


@contextmanager
def socket_caller(database: Database) -> Iterator[SocketCaller]:
    """Open a WebSocket for somebody."""
    with connect(
        f"{database.url.replace('http', 'ws', 1)}/subscribe?compression=None",
        subprotocols=[_JSON],
        additional_headers={"Authorization": f"Bearer {database.token}"} if database.token else {},
        compression=None,
        max_size=None,
    ) as socket:
        yield SocketCaller(socket)


def _hex(identity: Any) -> str:
    return str(identity["__identity__"]).removeprefix("0x").rjust(64, "0")
