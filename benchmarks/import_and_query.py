"""Bringing a graph in and asking it, beside networkx, rdflib and pandas doing the same.

Run ``python benchmarks/import_and_query.py``. Every library does a task in turn, so that what else
the machine does meets all of them alike; the figure is the median over the rounds, of the processor
alone. A run ends with an error where two libraries give different answers. The peers hold a graph
in memory and nothing else; the Lab checks every value, compares with what is there, and writes an
event for each change.
"""

from __future__ import annotations

import argparse
import platform
import random
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import networkx as nx
import pandas as pd
import rdflib
from rdflib.namespace import RDF, RDFS

import nerv_lab as nl

TOWNS = ("Ankara", "Bergen", "Coventry", "Dresden", "Évora")
PEERS = ("nerv-lab", "networkx", "pandas", "rdflib")
BASE = "urn:x:"
Answers = dict[str, Callable[[], object]]


class Data:
    """People and who knows whom, as frames and as files.

    Parameters
    ----------
    people : int
        How many; three times as many relations.
    folder : path
        Where the files go.
    """

    def __init__(self, people: int, folder: Path) -> None:
        draw = random.Random(1)
        ids = [f"p{number}" for number in range(people)]
        self.nodes = pd.DataFrame(
            {
                "id": ids,
                "type": "person",
                "name": [f"Person {number} of {draw.choice(TOWNS)}" for number in range(people)],
                "born": [draw.randrange(1900, 2000) for _ in ids],
                "town": [draw.choice(TOWNS) for _ in ids],
            }
        )
        pairs = sorted({(draw.choice(ids), draw.choice(ids)) for _ in range(3 * people)})
        self.edges = pd.DataFrame(pairs, columns=["source", "target"]).assign(type="knows")
        self.edges["id"] = [f"e{number}" for number in range(len(pairs))]
        self.asked = draw.sample(ids, 50)
        self.csv = folder / "nodes.csv", folder / "edges.csv"
        self.graphml, self.triples = folder / "graph.graphml", folder / "graph.nt"
        self.nodes.to_csv(self.csv[0], index=False)
        self.edges.to_csv(self.csv[1], index=False)
        nx.write_graphml(graph_of(self), self.graphml)
        rdf_of(self).serialize(str(self.triples), format="nt", encoding="utf-8")


def graph_of(data: Data) -> Any:
    """Return the data as a graph of networkx."""
    graph: Any = nx.MultiDiGraph()
    for row in data.nodes.to_dict("records"):
        graph.add_node(row.pop("id"), **row)
    for row in data.edges.to_dict("records"):
        graph.add_edge(row["source"], row["target"], key=row["id"], type=row["type"])
    return graph


def rdf_of(data: Data) -> rdflib.Graph:
    """Return the data as triples."""
    graph, term = rdflib.Graph(), {n: rdflib.URIRef(BASE + n) for n in ("person", "born", "town")}
    for id, _, name, born, town in data.nodes.itertuples(index=False):
        node = rdflib.URIRef(BASE + id)
        graph.add((node, RDF.type, term["person"]))
        graph.add((node, RDFS.label, rdflib.Literal(name)))
        graph.add((node, term["born"], rdflib.Literal(born)))
        graph.add((node, term["town"], rdflib.Literal(town)))
    knows = rdflib.URIRef(f"{BASE}knows")
    for source, target in data.edges[["source", "target"]].itertuples(index=False):
        graph.add((rdflib.URIRef(BASE + source), knows, rdflib.URIRef(BASE + target)))
    return graph


def opened(bring_in: Callable[[nl.Lab], object]) -> int:
    """Return how many items a new Lab has after something was brought into it."""
    with nl.open() as lab:
        bring_in(lab)
        return len(lab.entities) + len(lab.relations)


def size_of(graph: Any) -> int:
    """Return how many nodes and edges a graph of networkx has."""
    return int(graph.number_of_nodes() + graph.number_of_edges())


def imports(data: Data) -> dict[str, Answers]:
    """Return the tasks that bring data in; each answers with the number of items."""
    items = len(data.nodes) + len(data.edges)

    def triples(graph: rdflib.Graph) -> int:
        return items if len(graph) == 4 * len(data.nodes) + len(data.edges) else len(graph)

    return {
        "frames": {
            "nerv-lab": lambda: opened(lambda lab: lab.import_pandas(data.nodes, data.edges)),
            "networkx": lambda: size_of(graph_of(data)),
            "rdflib": lambda: triples(rdf_of(data)),
        },
        "CSV": {
            "nerv-lab": lambda: opened(lambda lab: lab.import_csv(*data.csv)),
            "pandas": lambda: sum(len(pd.read_csv(path)) for path in data.csv),
        },
        "GraphML": {
            "nerv-lab": lambda: opened(lambda lab: lab.import_graphml(data.graphml)),
            "networkx": lambda: size_of(nx.read_graphml(data.graphml, force_multigraph=True)),
        },
        "N-Triples": {
            "nerv-lab": lambda: opened(lambda lab: lab.import_rdf(data.triples)),
            "rdflib": lambda: triples(rdflib.Graph().parse(data.triples, format="nt")),
        },
    }


def questions(data: Data, lab: nl.Lab) -> dict[str, Answers]:
    """Return the tasks that ask; each answers with sorted ids, or rounded numbers."""
    graph, triples = graph_of(data), rdf_of(data)
    nodes, edges = data.nodes.set_index("id"), data.edges
    term = {name: rdflib.URIRef(BASE + name) for name in ("born", "town", "knows")}

    def plain(found: Iterable[Any]) -> list[str]:
        return sorted(str(node).removeprefix(BASE) for node in found)

    def rdf_filter() -> list[str]:
        there = triples.subjects(term["town"], rdflib.Literal("Bergen"))
        return plain(n for n in there if triples.value(n, term["born"]).toPython() > 1950)

    def two_steps(start: Iterable[Any], after: Callable[[Any], Iterable[Any]]) -> list[str]:
        return plain({far for one in start for near in after(one) for far in after(near)})

    def merged() -> list[str]:
        first = edges[edges["source"].isin(data.asked)]
        both = first.merge(edges, left_on="target", right_on="source", suffixes=("", "_2"))
        return sorted(both["target_2"].unique())

    def rank(of: Any) -> list[tuple[str, float]]:
        return sorted((node, round(value, 9)) for node, value in nx.pagerank(of).items())

    asked = [rdflib.URIRef(BASE + id) for id in data.asked]
    return {
        "filter": {
            "nerv-lab": lambda: sorted(lab.match("person", town="Bergen", born__gt=1950).ids),
            "networkx": lambda: sorted(
                n for n, d in graph.nodes(data=True) if d["town"] == "Bergen" and d["born"] > 1950
            ),
            "pandas": lambda: sorted(nodes.query("town == 'Bergen' and born > 1950").index),
            "rdflib": rdf_filter,
        },
        "two steps": {
            "nerv-lab": lambda: sorted(
                lab.match(id__in=data.asked).out("knows").out("knows").distinct().ids
            ),
            "networkx": lambda: two_steps(data.asked, graph.successors),
            "pandas": merged,
            "rdflib": lambda: two_steps(asked, lambda n: triples.objects(n, term["knows"])),
        },
        "words": {
            "nerv-lab": lambda: sorted(h.item.id for h in lab.search("évora person")),
            "pandas": lambda: sorted(
                nodes.index[
                    nodes["name"].str.contains(r"\bÉvora", case=False)
                    | nodes["town"].str.contains(r"\bÉvora", case=False)
                ]
            ),
        },
        "pagerank": {"nerv-lab": lambda: rank(lab.nx), "networkx": lambda: rank(graph)},
    }


def measured(tasks: dict[str, Answers], rounds: int) -> dict[str, dict[str, float]]:
    """Return milliseconds of the processor by task and library."""
    took: dict[str, dict[str, list[float]]] = {t: {p: [] for p in a} for t, a in tasks.items()}
    for _ in range(rounds):
        for task, answers in tasks.items():
            given = {}
            for peer, answer in answers.items():
                start = process_time()
                given[peer] = answer()
                took[task][peer].append(1_000 * (process_time() - start))
            first, *others = given.values()
            if any(other != first for other in others):
                raise SystemExit(f"two libraries give different answers: {task}")
    return {t: {p: median(found) for p, found in by.items()} for t, by in took.items()}


def table(figures: dict[str, dict[str, float]]) -> str:
    """Return the figures, and the Lab in multiples of each peer."""
    head = [f"{peer} ms" for peer in PEERS] + [f"of {peer}" for peer in PEERS[1:]]
    lines = [f"| {'task':<10} | {' | '.join(f'{h:>11}' for h in head)} |"]
    lines.append(f"| {'-' * 10} | {' | '.join('-' * 10 + ':' for _ in head)} |")
    for task, found in figures.items():
        cells = [f"{found[p]:,.1f}" if p in found else "-" for p in PEERS]
        cells += [f"{found['nerv-lab'] / found[p]:.2f}" if p in found else "-" for p in PEERS[1:]]
        lines.append(f"| {task:<10} | {' | '.join(f'{c:>11}' for c in cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Measure all tasks and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(f"{platform.platform()}, Python {platform.python_version()}; {given.people:,} people")
    with tempfile.TemporaryDirectory() as folder, nl.open() as lab:
        data = Data(given.people, Path(folder))
        lab.import_pandas(data.nodes, data.edges)
        print(
            table(
                measured(imports(data), given.rounds) | measured(questions(data, lab), given.rounds)
            )
        )


if __name__ == "__main__":
    main()
