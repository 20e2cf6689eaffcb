"""Graph widgets that show the same graph, each by the code that its own guide suggests."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GRAPH", "OURS", "PEERS", "Peer"]

OURS = "nerv-lab"

# The graph, its communities and where its nodes lie, made once a kernel.
GRAPH = """\
import math, random

draw = random.Random(7)
groups = {groups}
colors = ["#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999"]
nodes = [f"n{{i}}" for i in range({nodes})]
group = [i % groups for i in range({nodes})]
edges = []
while len(edges) < {edges}:
    a = draw.randrange({nodes})
    near = draw.random() < 0.9
    b = (a + groups * draw.randrange(1, 40) if near else draw.randrange({nodes})) % {nodes}
    if a != b:
        edges.append((a, b))
places = []
for i in range({nodes}):
    angle, far = 2 * math.pi * group[i] / groups, draw.random() ** 0.5
    turn = 2 * math.pi * draw.random()
    places.append((
        1000 * math.cos(angle) + 380 * far * math.cos(turn),
        1000 * math.sin(angle) + 380 * far * math.sin(turn),
    ))
def color(i, turn):
    return "#ff0000" if turn % 2 else colors[group[i] % len(colors)]
"""


@dataclass(frozen=True)
class Peer:
    """A widget, and how it is used.

    Attributes
    ----------
    name : str
    package : str
        Its distribution, whose version is printed.
    show : str
        The cell that makes the view of the graph, for the cell to show.
    change : str
        Code that gives the last node, which lies on top, another colour; ``turn`` counts.
    again : bool
        Whether a change has to run ``show`` again, since the widget cannot be changed.
    """

    name: str
    package: str
    show: str
    change: str
    again: bool = False


PEERS = (
    Peer(
        OURS,
        "nerv-lab",
        show="""\
import nerv_lab as nl
from nerv_lab.core.graph.changes import CreateEntity, CreateRelation

def described(i):
    return nl.EntityMetadata(properties={"color": color(i, 0)})

lab = nl.open()
lab.apply([CreateEntity(n, "node", described(i)) for i, n in enumerate(nodes)])
lab.apply([
    CreateRelation(f"r{k}", nodes[a], nodes[b], "link") for k, (a, b) in enumerate(edges)
])
colored = {"node": {"color": lambda entity: entity.properties["color"]}}
view = lab.view(style=colored, positions=dict(zip(nodes, places)))""",
        change="_ = lab.update(nodes[-1], properties={'color': color(-1, turn)})",
    ),
    Peer(
        "neo4j-viz",
        "neo4j-viz",
        show="""\
from neo4j_viz import Node, Relationship, VisualizationGraph

graph = VisualizationGraph(
    [Node(id=n, color=color(i, 0), x=places[i][0], y=places[i][1]) for i, n in enumerate(nodes)],
    [Relationship(source=nodes[a], target=nodes[b]) for a, b in edges],
)
view = graph.render_widget(layout="free", initial_zoom=0.2, max_allowed_nodes=200_000)""",
        change="""\
moved = Node(id=nodes[-1], color=color(-1, turn), x=places[-1][0], y=places[-1][1])
view.add_data(moved, on_duplicate="replace")""",
    ),
    Peer(
        "ipycytoscape",
        "ipycytoscape",
        show="""\
import ipycytoscape

view = ipycytoscape.CytoscapeWidget()
view.graph.add_graph_from_json({
    "nodes": [
        {"data": {"id": n, "color": color(i, 0)}, "position": dict(x=places[i][0], y=places[i][1])}
        for i, n in enumerate(nodes)
    ],
    "edges": [
        {"data": {"id": f"r{k}", "source": nodes[a], "target": nodes[b]}}
        for k, (a, b) in enumerate(edges)
    ],
})
view.set_layout(name="preset")
view.set_style([{"selector": "node", "css": {"background-color": "data(color)"}}])""",
        change="""\
last = view.graph.nodes[-1]
last.data = {**last.data, "color": color(-1, turn)}""",
    ),
    Peer(
        "ipysigma",
        "ipysigma",
        show="""\
import networkx as nx
from ipysigma import Sigma

if "graph" not in globals():
    graph = nx.MultiDiGraph()
    for i, n in enumerate(nodes):
        graph.add_node(n, color=color(i, 0), x=places[i][0], y=places[i][1])
    graph.add_edges_from((nodes[a], nodes[b]) for a, b in edges)
view = Sigma(graph, height=600)""",
        change="graph.nodes[nodes[-1]]['color'] = color(-1, turn)",
        again=True,
    ),
    Peer(
        "pyvis",
        "pyvis",
        show="""\
from pyvis.network import Network

if "graph" not in globals():
    graph = Network(height="600px", notebook=True, cdn_resources="in_line", directed=True)
    for i, n in enumerate(nodes):
        graph.add_node(n, color=color(i, 0), x=places[i][0], y=places[i][1], physics=False)
    for a, b in edges:
        graph.add_edge(nodes[a], nodes[b])
    graph.toggle_physics(False)
view = graph.show("graph.html")""",
        change="graph.nodes[-1]['color'] = color(-1, turn)",
        again=True,
    ),
)
