"""Inner Universes on a SpacetimeDB server."""

from nerv_lab.inner_universe.spacetime.client import SpacetimeInnerUniverse
from nerv_lab.inner_universe.spacetime.limits import Limits
from nerv_lab.inner_universe.spacetime.publish import publish_module

__all__ = ["Limits", "SpacetimeInnerUniverse", "publish_module"]
