"""Inner Universes on a SpacetimeDB server."""

from nerv_lab.inner_universe.spacetime.client import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.publish import publish_module
from nerv_lab.inner_universe.spacetime.wire.limits import Limits

__all__ = ["Limits", "SpacetimeInnerUniverse", "publish_module"]
