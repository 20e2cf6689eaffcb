import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphStore } from "../../src/model/graph_store.js";
import { Look } from "../../src/painting/look.js";
import { HEAD, HIDDEN, PINNED, RING, Scene, bendOf, dashOf, radiusOf, shapeOf, widthOf } from "../../src/painting/scene.js";
import { graphPart, ring } from "../helpers.js";

const theme = {
  bg: "#ffffff", fg: "#000000", muted: "rgb(90, 100, 110)", accent: "#3d55d8", line: "#dddddd",
  good: "#00aa00", warn: "#aa8800", bad: "#aa0000", font: "sans",
};

function scene(size = 12) {
  const store = new GraphStore(1);
  store.apply(graphPart(ring(size)), true);
  const look = new Look(store);
  look.theme = theme;
  const made = new Scene(store, look);
  made.update(true);
  return { store, look, made, graph: store.graph };
}

const names = (graph, list) => [...list.view].map((slot) => graph.nodes.ids[slot]).sort();

test("what is chosen is ringed and in front, with its relations above the others", () => {
  const { look, made, graph } = scene();
  look.select(["n3"]);
  made.update(true);
  const slot = graph.nodes.at("n3");
  assert.ok(made.nodes[2 * slot + 1] & RING);
  assert.deepEqual(names(graph, made.lists.front), ["n2", "n3", "n4"]);
  assert.deepEqual([...made.lists.above.view].map((at) => graph.edges.ids[at]).sort(), ["r2", "r3"]);
});

test("a hidden type takes its relations along, and comes back", () => {
  const { store, look, made, graph } = scene();
  store.apply(graphPart({ nodes: [{ id: "n0", type: "other" }] }), false);
  look.hidden.add("other");
  made.update(true);
  assert.ok(made.nodes[2 * graph.nodes.at("n0") + 1] & HIDDEN);
  assert.equal(made.lists.nodes.length, 11);
  assert.equal(made.lists.straight.length, 10);
  look.hidden.clear();
  made.update(true);
  assert.equal(made.lists.straight.length, 12);
});

test("bits hold what a style says", () => {
  const { made, graph } = scene();
  graph.styleNode("n1", { shape: "hexagon", size: 10 });
  graph.styleEdge("r1", { dash: "dotted", width: 4, arrow: "none" });
  graph.pin("n1", true);
  made.update(false);
  const node = made.nodes[2 * graph.nodes.at("n1") + 1];
  const edge = made.edges[2 * graph.edges.at("r1") + 1];
  assert.deepEqual([shapeOf(node), dashOf(edge), edge & HEAD, bendOf(edge)], [4, 2, 0, 0]);
  assert.ok(node & PINNED);
  assert.ok(Math.abs(radiusOf(node) - 10 * made.look.grown) < 0.02);
  assert.ok(Math.abs(widthOf(edge) - 4) < 0.04);
});

test("one change is taken up as one, and what was not changed is not told", () => {
  const { store, made, graph } = scene(600);
  store.apply(graphPart({ nodes: [{ id: "n7", name: "renamed" }] }), false);
  const changed = made.update(false);
  assert.deepEqual(changed.nodes.slots, [graph.nodes.at("n7")]);
  assert.equal(changed.nodes.all, false);
  assert.deepEqual(changed.places, { all: false, slots: [], any: false });
  assert.equal(made.update(false).nodes.any, false);
});

test("lists are made anew for what comes, goes or grows, and not for what changes its colour", () => {
  const { store, made, graph } = scene();
  const { listed } = made;
  const after = (change) => {
    change();
    made.update(false);
    return made.listed - listed;
  };
  assert.equal(after(() => graph.styleNode("n1", { color: "#ff0000" })), 0);
  assert.equal(after(() => graph.styleNode("n1", { size: 12 })), 1);
  assert.equal(after(() => store.apply(graphPart({ goneEdges: ["r5"] }), false)), 2);
});

test("changes one after the other lead to what looking at all anew gives", () => {
  const { store, look, made, graph } = scene(40);
  let state = 11;
  const next = (most) => (state = (state * 48271) % 2147483647) % most;
  look.hidden.add("odd");
  for (let step = 0; step < 300; step++) {
    const [a, b] = [`n${next(50)}`, `n${next(50)}`];
    const edge = graph.hasNode(a) && graph.hasNode(b) ? [{ id: `x${next(20)}`, from: a, to: b }] : [];
    const parts = [
      { nodes: [{ id: a, name: `${step}`, type: next(3) ? "thing" : "odd" }] },
      { edges: edge },
      { goneNodes: [a], goneEdges: graph.hasNode(a) ? graph.edgesOf(a) : [] },
      { goneEdges: [`x${next(20)}`] },
    ];
    store.apply(graphPart(parts[next(4)]), false);
    made.update(false);
    const kept = [made.nodes, made.edges].map((column) => column.slice());
    const lists = Object.values(made.lists).map((list) => [...list.view]);
    made.update(true);
    const inUse = (slots, column) => slots.ids.flatMap((id, i) => (id === null ? [] : [...column.subarray(2 * i, 2 * i + 2)]));
    assert.deepEqual(inUse(graph.nodes, kept[0]), inUse(graph.nodes, made.nodes), `nodes at ${step}`);
    assert.deepEqual(inUse(graph.edges, kept[1]), inUse(graph.edges, made.edges), `edges at ${step}`);
    assert.deepEqual(lists, Object.values(made.lists).map((list) => [...list.view]), `lists at ${step}`);
  }
});

test("a graph that comes in parts ends as one that comes at once, and drops what it no longer holds", () => {
  const { nodes, edges } = ring(9);
  const once = new GraphStore(1);
  once.apply(graphPart({ nodes, edges }), true);
  const parted = new GraphStore(1);
  parted.apply(graphPart({ nodes: [{ id: "old" }, { id: "n1" }], edges: [{ id: "o", from: "old", to: "n1" }] }), true);
  const load = { nodes: 9, edges: 9 };
  let here = { nodes_here: 0, edges_here: 0 };
  const part = (some, snapshot) => {
    const columns = graphPart(some);
    if (some.edges) {
      const number = (ids) => new Uint8Array(new Uint32Array(ids.map((id) => nodes.findIndex((n) => n.id === id))).buffer);
      Object.assign(columns.edges, { ends: null, from: number(some.edges.map((e) => e.from)), to: number(some.edges.map((e) => e.to)) });
    }
    here = { nodes_here: here.nodes_here + (some.nodes?.length ?? 0), edges_here: here.edges_here + (some.edges?.length ?? 0) };
    return parted.apply(columns, snapshot, { ...load, ...here });
  };
  part({ nodes: nodes.slice(0, 5) }, true);
  part({ nodes: nodes.slice(5) }, false);
  assert.ok(parted.graph.hasNode("old"));
  part({ edges: edges.slice(0, 4) }, false);
  const { added } = part({ edges: edges.slice(4) }, false);
  assert.equal(added.length, 8);
  assert.deepEqual(parted.graph.nodeIds().sort(), once.graph.nodeIds().sort());
  assert.deepEqual(parted.graph.edgeIds().sort(), once.graph.edgeIds().sort());
  for (const id of once.graph.edgeIds()) assert.deepEqual(parted.graph.extremities(id), once.graph.extremities(id));
});

test("of a graph whose rest is not wanted, parts still under way are passed over", () => {
  const store = new GraphStore(1);
  const load = (here) => ({ nodes: 9, edges: 9, nodes_here: here, edges_here: 0 });
  store.apply(graphPart({ nodes: ring(9).nodes.slice(0, 3) }), true, load(3));
  store.halt();
  store.apply(graphPart({ nodes: ring(9).nodes.slice(3, 6) }), false, load(6));
  assert.equal(store.graph.order, 3);
  store.apply(graphPart({ nodes: [{ id: "n0", name: "renamed" }], edges: [{ id: "r", from: "n0", to: "n8" }] }), false);
  assert.deepEqual([store.graph.node("n0").label, store.graph.size], ["renamed", 0]);
});
