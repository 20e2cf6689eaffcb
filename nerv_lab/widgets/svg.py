"""A still picture of a graph, for places that run no widgets."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

from nerv_lab.core.model import Entity, Relation
from nerv_lab.core.state import GraphState

__all__ = ["PALETTE", "graph_svg"]

PALETTE: Final = (
    "#5b7cfa", "#12a594", "#f59e0b", "#e5484d", "#8e4ec6",
    "#0091d4", "#6aa84f", "#e93d82", "#a18072", "#64748b",
)  # fmt: skip
_MAX_NODES: Final = 60
_MAX_LABEL: Final = 28
_WIDTH: Final = 720
_HEIGHT: Final = 420
_MARGIN: Final = 44


def _place(nodes: list[str], links: list[Relation], seed: int) -> dict[str, tuple[float, float]]:
    import networkx as nx

    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_edges_from((r.from_entity, r.to_entity) for r in links)
    spots = nx.spring_layout(graph, seed=seed, iterations=60)
    xs, ys = [p[0] for p in spots.values()], [p[1] for p in spots.values()]

    def scaled(value: float, values: list[float], length: int) -> float:
        span = max(values) - min(values)
        share = (value - min(values)) / span if span else 0.5
        return round(_MARGIN + share * (length - 2 * _MARGIN), 1)

    return {
        id: (scaled(x, xs, _WIDTH), scaled(y, ys, _HEIGHT - 24)) for id, (x, y) in spots.items()
    }


def _colours(types: set[str]) -> dict[str, str]:
    return {kind: PALETTE[i % len(PALETTE)] for i, kind in enumerate(sorted(types))}


def _short(text: str) -> str:
    return escape(text if len(text) <= _MAX_LABEL else f"{text[: _MAX_LABEL - 1]}…")


def _line(relation: Relation, spots: dict[str, tuple[float, float]]) -> str:
    (x1, y1), (x2, y2) = spots[relation.from_entity], spots[relation.to_entity]
    title = _short(relation.type)
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"><title>{title}</title></line>'


def _dot(entity: Entity, spot: tuple[float, float], radius: float, colour: str) -> str:
    x, y = spot
    return (
        f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="{colour}"/>'
        f'<text x="{x}" y="{y + radius + 12:.1f}">{_short(entity.name or entity.id)}</text>'
    )


def graph_svg(state: GraphState, caption: str, *, seed: int = 1) -> str:
    """Return a graph as an SVG image; of a large one, its most connected entities.

    Parameters
    ----------
    state : GraphState
        The graph.
    caption : str
        A line of text below it.
    seed : int
        The same graph and seed give the same picture.
    """
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
    colours = _colours({e.type for e in entities})
    spots = _place(nodes, links, seed) if nodes else {}
    if len(state.entities) > len(nodes):
        caption = f"{caption}; the {len(nodes)} most connected entities"
    lines = "".join(_line(r, spots) for r in links)
    dots = "".join(
        _dot(e, spots[e.id], 5 + min(state.degree(e.id), 25) ** 0.5, colours[e.type])
        for e in entities
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img" font-family="system-ui, sans-serif">'
        f"<title>{escape(caption)}</title>"
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="8" fill="#fbfbfd" stroke="#e2e4ea"/>'
        f'<g stroke="#b8bfcc" stroke-width="1">{lines}</g>'
        f'<g font-size="11" fill="#2b303b" text-anchor="middle">{dots}</g>'
        f'<text x="14" y="{_HEIGHT - 12}" font-size="12" fill="#6b7280">{escape(caption)}</text>'
        f"</svg>"
    )
