"""The ``nerv-lab`` command, for what is done to a store outside a notebook."""

from __future__ import annotations

from nerv_lab.cli.main import main

__all__ = ["main"]
