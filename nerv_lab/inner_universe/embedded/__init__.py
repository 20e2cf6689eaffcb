"""The embedded store: one SQLite file, shared by the notebooks that open it."""

from __future__ import annotations

from nerv_lab.inner_universe.embedded.client import EmbeddedInnerUniverse

__all__ = ["EmbeddedInnerUniverse"]
