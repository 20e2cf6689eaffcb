"""A graph as one HTML file, drawn by pyvis.

The page of pyvis itself loads Bootstrap from a CDN, writes files in the encoding of the platform,
and shows any tooltip that holds the text ``href`` as HTML. This one loads nothing, is UTF-8, and
treats labels and tooltips as text.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from hashlib import blake2b
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any

import pyvis
from jinja2 import Environment, FileSystemLoader
from pyvis.network import Network

from nerv_lab.core.graph.model import Entity, Item, Relation
from nerv_lab.core.text import counted
from nerv_lab.core.values import thaw
from nerv_lab.exchange.ports import StateSource, in_order
from nerv_lab.exchange.whole_files import whole_file
from nerv_lab.inner_universe.contract.progress import Progress, told

__all__ = ["GraphPage", "to_pyvis"]

# Colours that people with colour-blindness tell apart (Okabe and Ito).
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")
_LONGEST_VALUE = 200


class GraphPage(Network):  # type: ignore[misc]
    """A network of pyvis that shows in a notebook and is written as one UTF-8 file.

    Parameters
    ----------
    height, width : str
        Of the drawing, in CSS.
    heading : str
        Above the drawing; text.
    bgcolor : str
        Background, in CSS.
    font_color : str or False
        Of the labels; False leaves it to vis-network.
    """

    def __init__(
        self,
        height: str = "600px",
        width: str = "100%",
        *,
        heading: str = "",
        bgcolor: str = "#ffffff",
        font_color: str | bool = False,
    ) -> None:
        super().__init__(
            height,
            width,
            directed=True,
            bgcolor=bgcolor,
            font_color=font_color,
            heading=heading,
            cdn_resources="in_line",
        )
        self.path = "page.html"
        self.templateEnv = Environment(loader=FileSystemLoader(Path(__file__).parent))
        self.templateEnv.globals.update(_vis_network())
        self.template = self.templateEnv.get_template(self.path)

    def get_nodes(self) -> Iterable[Any]:
        """Return the ids of the nodes; pyvis asks for each edge, so this has to be quick."""
        return self.node_map.keys()  # type: ignore[no-any-return]

    def write_html(
        self,
        name: str | PathLike[str],
        local: bool = True,
        notebook: bool = False,
        open_browser: bool = False,
    ) -> None:
        """Write the page as UTF-8, whatever the platform prefers."""
        with whole_file(name) as file:
            file.write(self.generate_html().encode())

    def _repr_html_(self) -> str:
        page = escape(self.generate_html(), quote=True)
        height, width = escape(str(self.height)), escape(str(self.width))
        return f'<iframe srcdoc="{page}" style="border:0;width:{width};height:{height}"></iframe>'

    def __repr__(self) -> str:
        return f"<GraphPage {counted(len(self.nodes), 'node')}, {counted(len(self.edges), 'edge')}>"

    __str__ = __repr__


@cache
def _vis_network() -> dict[str, str]:
    folder = Path(pyvis.__file__).parent / "templates" / "lib" / "vis-9.1.2"
    return {
        "vis_css": (folder / "vis-network.css").read_text(encoding="utf-8"),
        "vis_js": (folder / "vis-network.min.js").read_text(encoding="utf-8"),
    }


def to_pyvis(
    source: StateSource,
    path: str | PathLike[str] | None = None,
    *,
    height: str = "600px",
    width: str = "100%",
    heading: str = "",
    bgcolor: str = "#ffffff",
    font_color: str | bool = False,
    progress: Progress = None,
) -> GraphPage:
    """Draw a graph with pyvis; the page needs no network.

    Entities are coloured by type, labelled by name (or id), and tell their properties in a
    tooltip. Drawing is comfortable to about a thousand entities.

    Parameters
    ----------
    source : Lab or View
        The present, or a past.
    path : path, optional
        Where to write the page, as UTF-8.
    height, width, bgcolor : str
        Of the drawing, in CSS.
    heading : str
        Above the drawing; text.
    font_color : str or False
        Of the labels.
    progress : bool or callable, optional
        True shows a bar; a callable is called as ``progress(done, total)``, in items.

    Returns
    -------
    GraphPage
        The network, to change further or to show in a notebook.
    """
    state = source.state
    page = GraphPage(height, width, heading=heading, bgcolor=bgcolor, font_color=font_color)
    with told(progress) as meter:
        meter.expect(len(state))
        for entity in meter.each(in_order(state.entities)):
            page.add_node(
                entity.id,
                label=entity.name or entity.id,
                title=_tooltip(entity),
                color=_colour_of(entity.type),
            )
        for relation in meter.each(in_order(state.relations)):
            page.add_edge(
                relation.from_entity,
                relation.to_entity,
                id=relation.id,
                label=relation.type,
                title=_tooltip(relation),
                width=_width_of(relation),
                arrows="to, from" if relation.bidirectional else "to",
            )
        if path is not None:
            page.write_html(path)
    return page


def _colour_of(type: str) -> str:
    """Return a colour that depends on the type alone, so that it stays from page to page."""
    return _COLOURS[blake2b(type.encode(), digest_size=1).digest()[0] % len(_COLOURS)]


def _width_of(relation: Relation) -> float:
    return min(10.0, max(0.5, abs(relation.strength)))


def _tooltip(item: Item) -> str:
    """Return what is known of an item, as text of one line for each fact."""
    lines = [f"{item.name or item.id}"] if isinstance(item, Entity) else []
    lines.append(item.type)
    if item.description:
        lines.append(_shortened(item.description))
    if item.tags:
        lines.append(_shortened(", ".join(item.tags)))
    lines += [f"{k}: {_shortened(str(thaw(v)))}" for k, v in sorted(item.properties.items())]
    return "\n".join(lines)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
