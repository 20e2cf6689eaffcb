"""Showing a Lab in the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nerv_lab.lab.delegates import delegated, explained_by
from nerv_lab.lab.widget_faces import GraphFace, MonitorFace, TimelineFace

if TYPE_CHECKING:
    import os
    from pathlib import Path

__all__ = ["Shower"]


class Shower:
    """The live widgets of a Lab."""

    @explained_by("widgets", "GraphView")
    def view(self, **options: Any) -> GraphFace:
        """Return a live drawing of the graph; see `nerv_lab.widgets.GraphView`."""
        widget: GraphFace = delegated("widgets", "GraphView")(self, **options)
        return widget

    @explained_by("widgets", "Timeline")
    def timeline(self, **options: Any) -> TimelineFace:
        """Return a live timeline of versions and events; see `nerv_lab.widgets.Timeline`."""
        widget: TimelineFace = delegated("widgets", "Timeline")(self, **options)
        return widget

    @explained_by("widgets", "GraphView")
    def explorer(self, **options: Any) -> GraphFace:
        """Return graph, timeline and inspector in one; see `nerv_lab.widgets.Explorer`."""
        widget: GraphFace = delegated("widgets", "Explorer")(self, **options)
        return widget

    @explained_by("widgets", "Monitor")
    def monitor(self, **options: Any) -> MonitorFace:
        """Return a small live table of what is measured; see `nerv_lab.widgets.Monitor`."""
        widget: MonitorFace = delegated("widgets", "Monitor")(self, **options)
        return widget

    @explained_by("widgets")
    def to_html(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write the explorer with its history into one file; see `nerv_lab.widgets.to_html`."""
        written: Path = delegated("widgets", "to_html")(self, path, **options)
        return written

    @explained_by("widgets")
    def to_svg(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write a still picture of the graph; see `nerv_lab.widgets.to_svg`."""
        written: Path = delegated("widgets", "to_svg")(self, path, **options)
        return written
