import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/model/graph.js";
import { Looks, groupRadius, isGroup } from "../../src/painting/looks.js";

const bytes = (Type, values) => new Uint8Array(Type.from(values).buffer);
const EMPTY = { ids: [] };

function made() {
  const graph = new Graph();
  for (const id of ["a", "b"]) graph.addNode(id, { label: id, kind: "x", color: 0xff888888 });
  graph.addEdge("r", "a", "b", { kind: "knows", strength: 1, both: false });
  const looks = new Looks(graph);
  looks.take({ colors: [["#000000", "#ffffff"], ["#0000ff", "#8888ff"]], legend: [] });
  return { graph, looks };
}

const styled = (style, groups = []) => ({ nodes: { ids: ["a", "b"], style, groups }, edges: EMPTY });

test("columns become looks, and what has none keeps the usual one", () => {
  const { graph, looks } = made();
  looks.apply(styled({
    color: bytes(Uint32Array, [2, 0]), size: bytes(Float32Array, [9, NaN]), shape: Uint8Array.of(3, 0),
    label: ["Ada", null], icon: [null, "★"],
  }));
  assert.equal(graph.node("a").color, "#0000ff");
  assert.equal(graph.node("b").color, "#888888");
  assert.deepEqual([...graph.nodes.ownSize.slice(0, 2)], [9, 0]);
  assert.deepEqual([...graph.nodes.shape.slice(0, 2)], [2, 0]);
  assert.deepEqual([graph.node("a").label, graph.node("b").label], ["Ada", "b"]);
  assert.equal(graph.icons.texts[graph.nodes.icon[1]], "★");
});

test("edges have colours, widths and dashes", () => {
  const { graph, looks } = made();
  const style = { color: bytes(Uint32Array, [1]), width: bytes(Float32Array, [3]), dash: Uint8Array.of(2), label: ["k"] };
  looks.apply({ nodes: EMPTY, edges: { ids: ["r"], style } });
  assert.deepEqual([graph.edges.ownWidth[0], graph.edges.dash[0], graph.edgeLabelAt(0)], [3, 1, "k"]);
  assert.equal(graph.edges.ownColor[0], 0xff000000);
});

test("a style that is taken away leaves nothing behind", () => {
  const { graph, looks } = made();
  looks.apply(styled({ color: bytes(Uint32Array, [1, 1]), size: bytes(Float32Array, [9, 9]) }));
  looks.apply(styled({ size: bytes(Float32Array, [NaN, 5]) }));
  assert.equal(graph.node("a").color, "#888888");
  assert.deepEqual([...graph.nodes.ownSize.slice(0, 2)], [0, 5]);
  looks.apply(styled({}));
  assert.equal(graph.nodes.ownSize[1], 0);
});

test("colours change with the background", () => {
  const { graph, looks } = made();
  looks.apply(styled({ color: bytes(Uint32Array, [2, 0]) }));
  looks.setDark(true);
  assert.equal(graph.node("a").color, "#8888ff");
  looks.setDark(false);
  assert.equal(graph.node("a").color, "#0000ff");
});

test("what is gone looks as it did", () => {
  const { graph, looks } = made();
  const gone = { nodes: [{ id: "a", look: { color: ["#111111", "#eeeeee"], shape: "star" } }], edges: [{ id: "r", look: { dash: "dotted" } }] };
  looks.haunt(gone);
  assert.equal(graph.node("a").color, "#111111");
  assert.deepEqual([graph.nodes.shape[0], graph.edges.dash[0]], [5, 2]);
  looks.setDark(true);
  assert.equal(graph.node("a").color, "#eeeeee");
});

test("a group is larger the more it stands for, unless its size says something else", () => {
  const { graph, looks } = made();
  looks.apply(styled({}, [[0, 100]]));
  assert.ok(Math.abs(graph.nodes.ownSize[0] - groupRadius(100)) < 1e-5);
  assert.ok(groupRadius(1000) > groupRadius(10));
  looks.apply(styled({ size: bytes(Float32Array, [7, 7]) }, [[0, 100]]));
  assert.equal(graph.nodes.ownSize[0], 7);
  assert.ok(isGroup("nerv:group:x") && !isGroup("x"));
});

test("what a layout needs is kept by id", () => {
  const { looks } = made();
  looks.apply({ nodes: { ids: ["a", "b"], places: { x: bytes(Float32Array, [0.5, NaN]) } }, edges: EMPTY });
  assert.equal(looks.places.x.get("a"), 0.5);
  assert.ok(Number.isNaN(looks.places.x.get("b")));
});
