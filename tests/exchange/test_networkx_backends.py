"""Backends of networkx take the view of a lab as they take any graph."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BACKEND = """
import networkx as nx

class Converted:
    __networkx_backend__ = "counting"

    def __init__(self, graph):
        self.graph = graph

    def is_directed(self):
        return self.graph.is_directed()

    def is_multigraph(self):
        return self.graph.is_multigraph()

class Counting:
    calls = []

    @classmethod
    def convert_from_nx(cls, graph, edge_attrs=None, **options):
        edges = [(u, v, data.get("weight")) for u, v, data in graph.edges(data=True)]
        cls.calls.append((graph.number_of_nodes(), sorted(edges), edge_attrs))
        return Converted(nx.MultiDiGraph(graph))

    @staticmethod
    def convert_to_nx(found, **options):
        return found.graph if isinstance(found, Converted) else found

    @classmethod
    def pagerank(cls, converted, *args, **options):
        cls.calls.append("pagerank")
        return {node: 0.25 for node in converted.graph}
"""
ENTRY_POINT = "[networkx.backends]\ncounting = counting:Counting\n"
PROGRAM = """
import networkx as nx
import nerv_lab as nl
from counting import Counting

assert "counting" in nx.config.backends
with nl.open() as lab:
    for id in "abcd":
        lab.add_entity("place", id=id)
    lab.relate("a", "way", "b", strength=2.0)
    lab.relate("b", "way", "c", bidirectional=True)
    lab.commit("ways")
    lab.delete("d")
    scores = nx.pagerank(lab.nx, backend="counting")
    assert scores == {"a": 0.25, "b": 0.25, "c": 0.25}, scores
    assert Counting.calls == [
        (3, [("a", "b", 2.0), ("b", "c", 1.0), ("c", "b", 1.0)], {"weight": 1}),
        "pagerank",
    ], Counting.calls
    with nx.config(backend_priority=["counting"]):
        past = nx.pagerank(lab.at("v1").nx)
        # What the backend has not, networkx does itself.
        assert nx.has_path(lab.nx, "a", "c")
    assert past.keys() == {*"abcd"}
    assert lab.set_properties(scores, "rank", reason="by a backend").changed == 3
    assert lab.match(rank=0.25).ids == ("a", "b", "c")
print("as any graph")
"""


def test_a_backend_is_used_by_name_and_by_priority_on_the_present_and_the_past(
    tmp_path: Path,
) -> None:
    (tmp_path / "counting.py").write_text(BACKEND)
    info = tmp_path / "counting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: counting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINT)
    found = os.pathsep.join(filter(None, [str(tmp_path), *sys.path]))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": found}, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.stdout == "as any graph\n", done.stderr
