"""Putting what has values of any type into one order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, TypeVar

from nerv_lab.core.graph.conditions import ABSENT, CLOSED
from nerv_lab.core.values import encode

__all__ = ["ordered"]

_T = TypeVar("_T")


def ordered(items: Iterable[_T], value: Callable[[_T], Any], *, descending: bool) -> list[_T]:
    """Return items by value; those of equal value stay in their order, those without one last.

    Numbers come before text, text before times, and these before all else.

    Parameters
    ----------
    items : iterable
        In their order.
    value : callable
        From an item to a value that can be stored, or `ABSENT`.
    descending : bool
        Whether the greatest comes first.
    """
    valued = [(value(item), item) for item in items]
    nothing = [item for found, item in valued if found in (None, ABSENT, CLOSED)]
    keyed = [(_key(found), item) for found, item in valued if found not in (None, ABSENT, CLOSED)]
    keyed.sort(key=lambda pair: pair[0], reverse=descending)
    return [item for _, item in keyed] + nothing


def _key(value: Any) -> tuple[int, Any]:
    if isinstance(value, (bool, int, float, Decimal)):
        return 0, value
    if isinstance(value, str):
        return 1, value
    if isinstance(value, dt.datetime):
        return 2, value.replace(tzinfo=value.tzinfo or dt.UTC)
    if isinstance(value, dt.date):
        return 2, dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    return 3, encode(value)
