"""Reaching up to the layers that build on the Lab, when their methods are called on it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

__all__ = ["delegated"]


def delegated(package: str, name: str) -> Callable[..., Any]:
    """Return a function of an upper layer, imported on first use.

    The Lab offers ``lab.to_pandas()`` and ``lab.explorer()`` as methods, since that is where
    users look for them; what they do lives above, and is loaded only by those who call it.
    """
    function: Callable[..., Any] = getattr(importlib.import_module(f"nerv_lab.{package}"), name)
    return function
