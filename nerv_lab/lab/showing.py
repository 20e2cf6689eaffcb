"""Showing a Lab in the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nerv_lab.lab.delegates import delegated

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from nerv_lab.widgets import Explorer, GraphView, Monitor, Timeline

__all__ = ["Shower"]


class Shower:
    """The live widgets of a Lab."""

    def view(self, **options: Any) -> GraphView:
        """Return a live drawing of the graph; see `nerv_lab.widgets.GraphView`."""
        widget: GraphView = delegated("widgets", "GraphView")(self, **options)
        return widget

    def timeline(self, **options: Any) -> Timeline:
        """Return a live timeline of versions and events; see `nerv_lab.widgets.Timeline`."""
        widget: Timeline = delegated("widgets", "Timeline")(self, **options)
        return widget

    def explorer(self, **options: Any) -> Explorer:
        """Return graph, timeline and inspector in one; see `nerv_lab.widgets.Explorer`."""
        widget: Explorer = delegated("widgets", "Explorer")(self, **options)
        return widget

    def monitor(self, **options: Any) -> Monitor:
        """Return a small live table of what is measured; see `nerv_lab.widgets.Monitor`."""
        widget: Monitor = delegated("widgets", "Monitor")(self, **options)
        return widget

    def to_html(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write the explorer with its history into one file; see `nerv_lab.widgets.to_html`."""
        written: Path = delegated("widgets", "to_html")(self, path, **options)
        return written

    def to_svg(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write a still picture of the graph; see `nerv_lab.widgets.to_svg`."""
        written: Path = delegated("widgets", "to_svg")(self, path, **options)
        return written
