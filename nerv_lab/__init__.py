"""A living knowledge graph in a notebook, with its whole history.

::

    import nerv_lab as nl

    lab = nl.open("team.nerv")
    ada = lab.add_entity("person", name="Ada Lovelace")
    lab.commit("first facts")
    lab.explorer()

Layers, each importing only what stands before it:

- ``core``: values, model, changes, state, history, event bus; pure.
- ``inner_universe``: where the graph is kept, behind one contract.
- ``lab``: the `Lab`, which wires the two.
- ``exchange``, ``widgets``, ``magics``, ``cli``: what a Lab is used with.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from nerv_lab.core.bus import EventBus
from nerv_lab.core.errors import (
    ConflictError,
    DuplicateIdError,
    EntityNotFoundError,
    HistoryPrunedError,
    IntegrityError,
    NervError,
    NERVPersistenceError,
    NotFoundError,
    SchemaMismatchError,
    ValidationError,
    VersionNotFoundError,
)
from nerv_lab.core.events import Event, EventType, Message
from nerv_lab.core.graph.changes import REMOVE
from nerv_lab.core.graph.deltas import Delta, FunctionDelta, PatchDelta
from nerv_lab.core.graph.model import Entity, EntityMetadata, Relation, RelationMetadata
from nerv_lab.core.graph.state import GraphState
from nerv_lab.core.history.conflicts import Take
from nerv_lab.core.history.retention import RetentionPolicy
from nerv_lab.core.history.temporal import TemporalStore
from nerv_lab.core.history.versions import Version
from nerv_lab.core.perspective import PerspectiveAware
from nerv_lab.core.projector import StateProjector
from nerv_lab.core.values import thaw
from nerv_lab.core.values.encrypted import Encrypted
from nerv_lab.inner_universe import (
    InnerUniverseClient,
    SpacetimeEventBus,
    SpacetimeTemporalStore,
)
from nerv_lab.inner_universe.keys.field_keys import FieldEncryption, generate_field_key
from nerv_lab.inner_universe.keys.signing import SigningKey, generate_signing_key
from nerv_lab.lab import Lab, View, import_bundle, open

if TYPE_CHECKING:
    from nerv_lab.exchange import from_environment, from_git
    from nerv_lab.inner_universe import (
        InnerUniverseConfig,
        InnerUniverseController,
        initialize_persistence,
    )
    from nerv_lab.inner_universe.spacetime.publish import publish_module
    from nerv_lab.magics import load_ipython_extension, unload_ipython_extension
    from nerv_lab.widgets import by

__all__ = [
    "REMOVE",
    "ConflictError",
    "Delta",
    "DuplicateIdError",
    "Encrypted",
    "Entity",
    "EntityMetadata",
    "EntityNotFoundError",
    "Event",
    "EventBus",
    "EventType",
    "FieldEncryption",
    "FunctionDelta",
    "GraphState",
    "HistoryPrunedError",
    "InnerUniverseClient",
    "InnerUniverseConfig",
    "InnerUniverseController",
    "IntegrityError",
    "Lab",
    "Message",
    "NERVPersistenceError",
    "NervError",
    "NotFoundError",
    "PatchDelta",
    "PerspectiveAware",
    "Relation",
    "RelationMetadata",
    "RetentionPolicy",
    "SchemaMismatchError",
    "SigningKey",
    "SpacetimeEventBus",
    "SpacetimeTemporalStore",
    "StateProjector",
    "Take",
    "TemporalStore",
    "ValidationError",
    "Version",
    "VersionNotFoundError",
    "View",
    "by",
    "from_environment",
    "from_git",
    "generate_field_key",
    "generate_signing_key",
    "import_bundle",
    "initialize_persistence",
    "load_ipython_extension",
    "open",
    "publish_module",
    "thaw",
    "unload_ipython_extension",
]

__version__ = "0.1.0"

# What needs pandas, pydantic or IPython is loaded by those who use it.
_LOADED_ON_USE = {
    "by": "nerv_lab.widgets",
    "InnerUniverseConfig": "nerv_lab.inner_universe",
    "InnerUniverseController": "nerv_lab.inner_universe",
    "from_environment": "nerv_lab.exchange",
    "from_git": "nerv_lab.exchange",
    "initialize_persistence": "nerv_lab.inner_universe",
    "load_ipython_extension": "nerv_lab.magics",
    "publish_module": "nerv_lab.inner_universe.spacetime.publish",
    "unload_ipython_extension": "nerv_lab.magics",
}


def __getattr__(name: str) -> Any:
    if name not in _LOADED_ON_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_LOADED_ON_USE[name]), name)


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
