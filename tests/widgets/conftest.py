"""A front end, a clock and a loop made for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import numpy as np
import pytest

import nerv_lab as nl
from nerv_lab.core.graph.state import GraphState
from nerv_lab.widgets import Explorer


class FakeFrontEnd:
    """What the browser keeps: it takes frames as `js/src/kernel/frames.js` does."""

    def __init__(self, view: str = "view") -> None:
        self.view = view
        self.seq = 0
        self.lost = False
        self.partial: dict[str, Any] | None = None
        self.nodes: dict[str, tuple[str, str]] = {}
        self.edges: dict[str, tuple[Any, ...]] = {}
        self.marks: dict[str, int] = {}
        self.versions: list[dict[str, Any]] = []
        self.counts: dict[int, int] = {}
        self.tags: dict[str, str] = {}
        self.meta: dict[str, Any] = {}
        self.payloads: list[dict[str, Any]] = []
        self.bytes = 0

    def hear(self, message: dict[str, Any], buffers: list[bytes]) -> str | None:
        """Take a message and return what the browser would say back, if anything."""
        if message.get("stream") != self.view:
            return None
        if message["type"] == "ping":
            return "resync" if message["seq"] > self.seq else "ack"
        self.bytes += len(buffers[0])
        return self._take(msgpack.unpackb(buffers[0]))

    def _take(self, frame: dict[str, Any]) -> str | None:
        if frame["chunk"] == 0:
            if frame["kind"] == "delta":
                if frame["seq"] <= self.seq:
                    return None
                if frame["base"] != self.seq:
                    return self._gap()
            self.partial = {**frame, "pieces": []}
        partial = self.partial
        if (
            partial is None
            or frame["seq"] != partial["seq"]
            or frame["chunk"] != len(partial["pieces"])
        ):
            return self._gap()
        partial["pieces"].append(frame["body"])
        if len(partial["pieces"]) < partial["of"]:
            return None
        self.partial, self.lost, self.seq = None, False, partial["seq"]
        payload = msgpack.unpackb(b"".join(partial["pieces"]), strict_map_key=False)
        self._apply(payload, partial["kind"] == "snapshot")
        return "ack"

    def _gap(self) -> str | None:
        self.partial = None
        already, self.lost = self.lost, True
        return None if already else "resync"

    def _apply(self, payload: dict[str, Any], snapshot: bool) -> None:
        self.payloads.append(payload)
        self.meta = payload.get("meta", self.meta)
        if snapshot:
            self.nodes, self.edges, self.counts, self.marks = {}, {}, {}, {}
            self.halted = False  # of which no more parts are wanted
            self.loaded: list[str] = []  # of a graph that comes in parts, the entities so far
        if graph := payload.get("graph"):
            if "load" in payload:
                self.loaded += graph["nodes"]["ids"]
            self._apply_graph(graph)
        if "digest" in payload and not self.halted:
            digest = sum(self.marks.values()) % 2**64
            assert int.from_bytes(payload["digest"], "little") == digest
        if history := payload.get("history"):
            self._apply_versions(history.get("versions"))
            self.tags = dict(history.get("tags", self.tags))
            if density := history.get("density"):
                self.counts = {} if density["whole"] else self.counts
                self.counts.update(dict(density["counts"]))

    def _apply_versions(self, columns: dict[str, Any] | None) -> None:
        if columns is None:
            return
        assert columns["first"] <= len(self.versions)
        del self.versions[columns["first"] :]
        kinds = {"seq": "<f8", "time": "<f8", "first_parent": "<i4", "second_parent": "<i4"}
        numbers = {
            name: np.frombuffer(columns[name], kinds.get(name, "<u4")).tolist()
            for name in ("seq", "time", "first_parent", "second_parent", "branch", "author")
        }
        ids = [row["id"] for row in self.versions] + columns["ids"]
        for i, id in enumerate(columns["ids"]):
            parents = (numbers["first_parent"][i], numbers["second_parent"][i])
            self.versions.append(
                {
                    "id": id,
                    "label": columns["labels"][i],
                    "parents": [ids[number] for number in parents if number >= 0],
                    "branch": columns["branches"][numbers["branch"][i]],
                    "description": columns["descriptions"][i],
                    "author": columns["authors"][numbers["author"][i]],
                    "time": int(numbers["time"][i]),
                    "seq": int(numbers["seq"][i]),
                }
            )

    def _apply_graph(self, graph: dict[str, Any]) -> None:
        for id in graph.get("gone_edges", ()):
            self.edges.pop(id, None)
            self.marks.pop(f"r:{id}", None)
        for id in graph.get("gone_nodes", ()):
            self.nodes.pop(id, None)
            self.marks.pop(f"e:{id}", None)
        nodes, edges = graph["nodes"], graph["edges"]
        for part, key in ((nodes, "e"), (edges, "r")):
            marks = np.frombuffer(part["mark"], "<u8").tolist()
            self.marks |= {f"{key}:{id}": m for id, m in zip(part["ids"], marks, strict=True)}
        ends = self.loaded if edges["ends"] is None else edges["ends"]
        kinds = np.frombuffer(nodes["type"], "<u4")
        for id, label, kind in zip(nodes["ids"], nodes["labels"], kinds, strict=True):
            self.nodes[id] = (label, nodes["types"][kind])
        columns = [np.frombuffer(edges[name], "<u4") for name in ("from", "to", "type")]
        strength = np.frombuffer(edges["strength"], "<f4")
        rows = zip(edges["ids"], *columns, strength, edges["both"], strict=True)
        for id, start, end, kind, strong, both in rows:
            self.edges[id] = (
                ends[start], ends[end], edges["types"][kind],
                round(float(strong), 4), bool(both),
            )  # fmt: skip

    def shows(self, state: GraphState) -> bool:
        """Whether this is the graph it shows."""
        nodes = {e.id: (e.name or "", e.type) for e in state.entities.values()}
        edges = {
            r.id: (r.from_entity, r.to_entity, r.type, round(r.strength, 4), r.bidirectional)
            for r in state.relations.values()
        }
        return self.nodes == nodes and self.edges == edges


class ManualHop:
    """A loop whose clock the test turns; it is where everything runs."""

    has_loop = True

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def call(self, run: Callable[[], None]) -> None:
        run()

    def later(self, seconds: float, run: Callable[[], None]) -> Callable[[], None]:
        self._count += 1
        timer = (self.now + seconds, self._count, run)
        self.timers.append(timer)
        return lambda: self.timers.remove(timer) if timer in self.timers else None

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        while due := sorted(t for t in self.timers if t[0] <= until):
            self.timers.remove(due[0])
            self.now = max(self.now, due[0][0])
            due[0][2]()
        self.now = until


class Wire:
    """Between a feed and its front ends; drops what it is told to."""

    def __init__(self) -> None:
        self.front_ends: list[FakeFrontEnd] = []
        self.feed: Any = None
        self.drop = 0
        self.sent: list[dict[str, Any]] = []

    def send(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        self.sent.append(message)
        if self.drop:
            self.drop -= 1
            return
        for front_end in self.front_ends:
            if said := front_end.hear(message, buffers):
                self.feed.hear(front_end.view, said, front_end.seq)

    def join(self, view: str = "view") -> FakeFrontEnd:
        front_end = FakeFrontEnd(view)
        self.front_ends.append(front_end)
        self.feed.hear(view, "ready", 0)
        return front_end


@pytest.fixture(scope="session")
def front_end_class() -> type[FakeFrontEnd]:
    return FakeFrontEnd


@pytest.fixture(scope="session")
def hop_class() -> type[ManualHop]:
    return ManualHop


@pytest.fixture(scope="session")
def wire_class() -> type[Wire]:
    return Wire


@pytest.fixture
def lab() -> Iterator[Any]:
    with nl.open(":memory:") as opened:
        yield opened


@pytest.fixture
def explorer(lab: Any) -> Iterator[Any]:
    lab.add_entity("person", name="Ada")
    made = Explorer(lab)
    yield made
    made.close()


@pytest.fixture
def hop() -> ManualHop:
    return ManualHop()


@pytest.fixture
def wire() -> Wire:
    return Wire()
