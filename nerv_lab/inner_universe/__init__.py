"""The durable side: the client contract, its backends, and the bridge to the event bus."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nerv_lab.inner_universe.adapters import (
    SpacetimeEventBus,
    SpacetimeTemporalStore,
)
from nerv_lab.inner_universe.connect import client_for
from nerv_lab.inner_universe.contract.client import (
    InnerUniverseClient,
    Problem,
    Receipt,
    Snapshot,
)
from nerv_lab.inner_universe.embedded import EmbeddedInnerUniverse
from nerv_lab.inner_universe.in_process.memory import MockInnerUniverse

if TYPE_CHECKING:
    from nerv_lab.inner_universe.config import InnerUniverseConfig
    from nerv_lab.inner_universe.controller import (
        InnerUniverseController,
        initialize_persistence,
    )

__all__ = [
    "EmbeddedInnerUniverse",
    "InnerUniverseClient",
    "InnerUniverseConfig",
    "InnerUniverseController",
    "MockInnerUniverse",
    "Problem",
    "Receipt",
    "Snapshot",
    "SpacetimeEventBus",
    "SpacetimeTemporalStore",
    "client_for",
    "initialize_persistence",
]

# Settings are read with pydantic, which takes longer to import than all the rest.
_LOADED_ON_USE = {
    "InnerUniverseConfig": "nerv_lab.inner_universe.config",
    "InnerUniverseController": "nerv_lab.inner_universe.controller",
    "initialize_persistence": "nerv_lab.inner_universe.controller",
}


def __getattr__(name: str) -> Any:
    if name not in _LOADED_ON_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LOADED_ON_USE[name]), name)
