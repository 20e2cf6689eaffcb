"""A graph as two tables, of pandas or of Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["GraphFrames", "GraphTables"]


class GraphFrames(NamedTuple):
    """A graph as two tables, each indexed by id.

    Attributes
    ----------
    entities : pandas.DataFrame
        Columns ``type``, ``name``, ``description``, ``tags``, then the properties.
    relations : pandas.DataFrame
        Columns ``source``, ``target``, ``type``, ``description``, ``strength``,
        ``bidirectional``, ``tags``, then the properties.
    """

    entities: pd.DataFrame
    relations: pd.DataFrame


class GraphTables(NamedTuple):
    """A graph as two tables of Arrow.

    Attributes
    ----------
    entities : pyarrow.Table
        ``id``, ``type``, ``name``, ``description``, ``tags``, then the properties.
    relations : pyarrow.Table
        ``id``, ``source``, ``target``, ``type``, ``description``, ``strength``,
        ``bidirectional``, ``tags``, then the properties.
    """

    entities: pa.Table
    relations: pa.Table
