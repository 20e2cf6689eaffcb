"""The widgets of a Lab as one who holds them sees them; they live above, in `nerv_lab.widgets`."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from nerv_lab.core.graph.model import Entity, Item
from nerv_lab.core.graph.state import GraphState

__all__ = ["GraphFace", "MonitorFace", "TimelineFace"]

Unsubscribe = Callable[[], None]


class _Widget(Protocol):
    """What every widget can do."""

    def close(self) -> None:
        """Take the widget away."""

    # And all that ipywidgets gives a widget: its layout, its traits to link and observe.
    def __getattr__(self, name: str) -> Any: ...


class MonitorFace(_Widget, Protocol):
    """A small live table of what is measured; see `nerv_lab.widgets.Monitor`."""

    value: Any


class TimelineFace(_Widget, Protocol):
    """A live timeline of versions and events; see `nerv_lab.widgets.Timeline`."""

    height: Any
    theme: Any
    version: Any
    position: Any

    @property
    def shown_state(self) -> GraphState:
        """The graph that is shown."""


class GraphFace(TimelineFace, Protocol):
    """A live drawing of the graph; see `nerv_lab.widgets.GraphView`."""

    renderer: Any
    seed: Any
    selection: Any
    style: Any
    arrangement: Any
    camera: Any
    filter: Any
    around: Any
    depth: Any
    collapsed: Any
    positions: Any
    pinned: Any

    @property
    def scene(self) -> GraphState:
        """The part of it that is shown."""

    def expand(self, item: Entity | str) -> None:
        """Show the neighbours of an entity, or the entities of a type."""

    def collapse(self, *types: str) -> None:
        """Show all entities of these types as one node each."""

    def show_all(self) -> None:
        """Show the whole graph, each entity by itself."""

    def on_click(self, function: Callable[[Item], Any]) -> Unsubscribe:
        """Call a function with what is clicked."""

    def on_double_click(self, function: Callable[[Item], Any]) -> Unsubscribe:
        """Call a function with the entity that is clicked twice."""

    def on_hover(self, function: Callable[[Item], Any]) -> Unsubscribe:
        """Call a function with what the pointer comes to."""

    def on_select(self, function: Callable[[list[Item]], Any]) -> Unsubscribe:
        """Call a function with what is selected."""

    def to_svg(self, path: str | os.PathLike[str], *, title: str = "") -> Path:
        """Write a still picture as SVG."""

    def to_png(self, path: str | os.PathLike[str], *, scale: float = 2.0) -> Awaitable[Path]:
        """Write what the view shows as a PNG image."""
