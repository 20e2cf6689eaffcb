"""A database whose network can be cut, and Labs that queue what they write meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared.breaking_proxy import BreakingProxy

import nerv_lab as nl
from nerv_lab.inner_universe import InnerUniverseConfig
from nerv_lab.lab import Lab

__all__ = ["PATIENCE", "Place", "contents"]

PATIENCE = 240.0


class Place:
    """A database, and a way to it that can be shut."""

    def __init__(self, address: str, proxy: BreakingProxy, folder: Path) -> None:
        self.direct = address
        port = address.rsplit(":", 1)[1].split("/")[0]
        self.uri = address.replace(f":{port}/", f":{proxy.port}/")
        self._proxy = proxy
        self.outboxes = folder / "outboxes"
        self._tokens = folder / "tokens.json"
        self._others = folder / "others.json"

    def config(self, **settings: Any) -> InnerUniverseConfig:
        return InnerUniverseConfig(
            token_file=self._tokens,
            outbox_folder=self.outboxes,
            **{"offline_after": 0.1, "request_timeout": 120.0, "connect_timeout": 10.0} | settings,
        )

    def open(self, **settings: Any) -> Lab:
        return nl.open(self.uri, config=self.config(**settings), offline="queue")

    def other(self) -> Lab:
        """Return the Lab of somebody else, who is always online."""
        return nl.open(self.direct, config=InnerUniverseConfig(token_file=self._others))

    def cut(self) -> None:
        self._proxy.shut()

    def mend(self) -> None:
        self._proxy.open()


def contents(lab: Lab) -> dict[str, Any]:
    return {e.id: (e.name, dict(e.properties)) for e in lab.entities.values()}
