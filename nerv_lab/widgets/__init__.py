"""Live views of a Lab in the notebook: graph, timeline, explorer.

Confirmed changes reach the browser as binary frames (`feed`, `stream`, `frames`); the browser
sets no state but sends commands (`commands`). The front end is built from ``js/`` into ``static/``.
"""

from __future__ import annotations

from nerv_lab.widgets.asking import Answer, BrowserError
from nerv_lab.widgets.explorer import Explorer
from nerv_lab.widgets.export import to_html, to_svg
from nerv_lab.widgets.graph_view import GraphView
from nerv_lab.widgets.monitor import Monitor
from nerv_lab.widgets.styling import By, by
from nerv_lab.widgets.timeline import Timeline

__all__ = [
    "Answer",
    "BrowserError",
    "By",
    "Explorer",
    "GraphView",
    "Monitor",
    "Timeline",
    "by",
    "to_html",
    "to_svg",
]
