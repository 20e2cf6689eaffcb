"""A still picture of a graph, for places that run no widgets."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from nerv_lab.core.graph.model import Entity, Relation
from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets.shown.groups import group_size
from nerv_lab.widgets.shown.palette import type_colours
from nerv_lab.widgets.stills.groups import grouped_spots, titles_svg
from nerv_lab.widgets.stills.labels import LANDMARKS, Labels
from nerv_lab.widgets.stills.legend import legend_svg, with_types
from nerv_lab.widgets.stills.shapes import DASH_ARRAYS, shape_svg
from nerv_lab.widgets.styling import Styler

__all__ = ["graph_svg"]

_MAX_NODES: Final = 60
_MAX_LABEL: Final = 28
_WIDTH: Final = 720
_HEIGHT: Final = 420
_MARGIN: Final = 56
_NAME_SIZE: Final = 11
_EDGE_NAME_SIZE: Final = 9
_MIDDLE: Final = ""  # no id is
_GRAVITY: Final = 0.3  # how strongly it draws, beside a relation
_MOST_DEGREE: Final = 80  # from which on nodes grow no more
_RIM: Final = 4
_FOOT: Final = 28
_NO_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Places = Mapping[str, tuple[float, float] | None]


def _place(
    nodes: list[str],
    links: list[Relation],
    seed: int,
    places: Places,
    groups: Mapping[str, str] | None,
    width: int,
) -> dict[str, tuple[float, float]]:
    held = {id: (spot[0], -spot[1]) for id in nodes if (spot := places.get(id))}
    if groups:
        spots: Mapping[str, Any] = {**grouped_spots(groups, nodes), **held}
    else:
        spots = held if len(held) == len(nodes) else _sprung(nodes, links, seed, held)
    xs, ys = [p[0] for p in spots.values()], [p[1] for p in spots.values()]

    def scaled(value: float, values: list[float], length: int) -> float:
        span = max(values) - min(values)
        share = (value - min(values)) / span if span else 0.5
        return round(_MARGIN + share * (length - 2 * _MARGIN), 1)

    return {id: (scaled(x, xs, width), scaled(y, ys, _HEIGHT - 24)) for id, (x, y) in spots.items()}


def _sprung(
    nodes: list[str], links: list[Relation], seed: int, held: Mapping[str, tuple[float, float]]
) -> Mapping[str, Any]:
    """Lay out those that are not held; networkx is loaded only for that."""
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from((r.from_entity, r.to_entity) for r in links)
    if graph.order() and not nx.is_connected(graph):  # or its parts would drift apart
        graph.add_edges_from(((_MIDDLE, id) for id in nodes), weight=_GRAVITY)
    unit = _unit(held) if held else None
    fixed = list(unit) if unit else None
    spots: dict[str, Any] = nx.spring_layout(graph, seed=seed, iterations=60, pos=unit, fixed=fixed)
    spots.pop(_MIDDLE, None)
    return spots


def _unit(places: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Return places moved and scaled into the box from -1 to 1, as the layout of the rest is."""
    xs, ys = [x for x, _ in places.values()], [y for _, y in places.values()]
    x, y = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    half = max(max(xs) - x, max(ys) - y) or 1.0
    return {id: ((px - x) / half, (py - y) / half) for id, (px, py) in places.items()}


def _counts(state: GraphState) -> Counter[str]:
    counts = Counter[str]()
    for entity in state.entities.values():
        counts[entity.type] += group_size(entity) or 1
    return counts


def _text(text: str) -> str:
    """Return a text as XML holds it; what XML has no way to write becomes a replacement sign."""
    return escape(_NO_XML.sub("\ufffd", text))


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_LABEL else f"{text[: _MAX_LABEL - 1]}…"


def _short(text: str) -> str:
    return _text(_cut(text))


def _line(
    relation: Relation,
    spots: Mapping[str, tuple[float, float]],
    look: Mapping[str, Any],
    labels: Labels,
) -> str:
    (x1, y1), (x2, y2) = spots[relation.from_entity], spots[relation.to_entity]
    drawn = f' stroke="{look["color"][0]}"' if "color" in look else ""
    drawn += f' stroke-width="{look["width"]:.1f}"' if "width" in look else ""
    if dash := DASH_ARRAYS.get(look.get("dash", "")):
        drawn += f' stroke-dasharray="{dash}"'
    title = _short(relation.type)
    line = f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"{drawn}><title>{title}</title></line>'
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    if not (label := look.get("label")) or not labels.at(x, y, _cut(label), _EDGE_NAME_SIZE):
        return line
    text, size = _short(label), _EDGE_NAME_SIZE
    return f'{line}<text x="{x:.1f}" y="{y + 3:.1f}" font-size="{size}" stroke="none">{text}</text>'


@dataclass(frozen=True)
class _Node:
    """An entity as it is drawn."""

    x: float
    y: float
    radius: float
    colour: str
    look: Mapping[str, Any]
    label: str
    bold: bool
    degree: int

    def dot(self, *, titled: bool) -> str:
        x, y = self.x, self.y
        drawn = shape_svg(self.look.get("shape", "circle"), x, y, self.radius, self.colour)
        if icon := self.look.get("icon"):
            size = round(1.1 * self.radius, 1)
            at = f'x="{x}" y="{y + 0.38 * size:.1f}"'
            drawn += f'<text {at} font-size="{size}">{_text(icon)}</text>'
        return f"<g><title>{_text(self.label)}</title>{drawn}</g>" if titled else drawn

    def name(self, labels: Labels, *, important: bool) -> str:
        """Return its name, or nothing where there is no room for it."""
        label = _cut(self.label)
        place = labels.beside(self.x, self.y, self.radius, label, _NAME_SIZE, important=important)
        if place is None or not label:
            return ""
        x, y, anchor = place
        shown = "" if anchor == "middle" else f' text-anchor="{anchor}"'
        shown += ' font-weight="600"' if self.bold else ""
        return f'<text x="{x}" y="{y}"{shown}>{_text(label)}</text>'


def _nodes(
    entities: list[Entity],
    spots: Mapping[str, tuple[float, float]],
    colours: Mapping[str, str],
    state: GraphState,
    styler: Styler,
) -> list[_Node]:
    """Return what is drawn of entities, the largest first."""
    nodes = []
    for entity in entities:
        look = styler.look(state, entity)
        degree = state.degree(entity.id)
        usual = 4.5 + 0.75 * math.sqrt(min(degree, _MOST_DEGREE))
        nodes.append(
            _Node(
                *spots[entity.id],
                look.get("size", usual),
                look["color"][0] if "color" in look else colours[entity.type],
                look,
                look.get("label", entity.name or entity.id),
                bool(group_size(entity)),
                degree,
            )
        )
    return sorted(nodes, key=lambda node: (not node.bold, -node.radius, -node.degree))


def graph_svg(
    state: GraphState,
    caption: str,
    *,
    seed: int = 1,
    styler: Styler | None = None,
    places: Places | None = None,
    groups: Mapping[str, str] | None = None,
) -> str:
    """Return a graph as an SVG image; of a large one, its most connected entities.

    Parameters
    ----------
    state : GraphState
        The graph.
    caption : str
        A line of text below it.
    seed : int
        The same graph and seed give the same picture.
    styler : Styler, optional
        Gives looks, which a legend beside the picture explains.
    places : mapping of str to (float, float) or None, optional
        Where nodes are, y growing upwards; the others are put around them.
    groups : mapping of str to str, optional
        Of each entity the title of the group it is in, where they are to be drawn in groups.
    """
    styler = styler or Styler()
    by_degree = sorted(state.entities, key=lambda id: (-state.degree(id), id))
    nodes = sorted(by_degree[:_MAX_NODES])
    drawn = set(nodes)
    links = sorted(
        {
            r.id: r
            for id in nodes
            for r in state.relations_of(id)
            if r.from_entity in drawn and r.to_entity in drawn
        }.values(),
        key=lambda r: r.id,
    )
    entities = [state.entities[id] for id in nodes]
    counts = _counts(state)
    types = {e.type for e in entities}
    colours = {type: colour for type, colour in type_colours(counts).items() if type in types}
    explained = with_types(styler.legend(), colours, counts)
    legend, taken = legend_svg(explained, _WIDTH, _HEIGHT)
    spots = _place(nodes, links, seed, places or {}, groups, _WIDTH - taken) if nodes else {}
    if len(state.entities) > len(nodes):
        caption = f"{caption}; the {len(nodes)} most connected entities"
    labels = Labels((_RIM, _RIM, _WIDTH - taken - _RIM, _HEIGHT - _FOOT))
    drawn_nodes = _nodes(entities, spots, colours, state, styler)
    labels.keep_off_nodes((node.x, node.y, node.radius) for node in drawn_nodes)
    titles = ""
    if groups:
        titles, boxes = titles_svg(groups, Counter(groups.values()), spots, _WIDTH - taken)
        labels.keep_off(boxes)
    named = [
        (node, node.name(labels, important=number < LANDMARKS))
        for number, node in enumerate(drawn_nodes)
    ]
    nodes_drawn = "".join(node.dot(titled=not name) for node, name in named)
    names = "".join(name for _, name in named)
    lines = "".join(_line(r, spots, styler.look(state, r), labels) for r in links)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img" font-family="system-ui, sans-serif">'
        f"<title>{_text(caption)}</title>"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="#fbfbfd" stroke="#e2e4ea"/>'
        f'<g stroke="#b8bfcc" stroke-width="1" fill="#6b7280">{lines}</g>'
        f'<g font-size="11" fill="#2b303b" text-anchor="middle">{nodes_drawn}'
        f'<g stroke="#fbfbfd" stroke-width="3" paint-order="stroke">{names}{titles}</g></g>{legend}'
        f'<text x="14" y="{_HEIGHT - 12}" font-size="12" fill="#6b7280">{_text(caption)}</text>'
        f"</svg>"
    )
