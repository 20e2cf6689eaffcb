import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/model/graph.js";
import { Pins } from "../../src/graph/pins.js";

function place() {
  const graph = new Graph();
  for (const id of ["a", "b"]) graph.addNode(id, { label: id, kind: "thing", color: 1 });
  const told = [];
  const on = { told: (...args) => told.push(args), free: () => told.push("free"), changed: () => {} };
  return { graph, told, pins: new Pins(graph, on) };
}

const xy = (...values) => new Uint8Array(new Float32Array(values).buffer);
const held = (graph) => graph.nodeIds().filter((id) => graph.node(id).pinned);

test("what a person holds is told with its place", () => {
  const { graph, told, pins } = place();
  graph.move(graph.nodes.at("a"), 3, 4);
  pins.add(["a"]);
  assert.deepEqual(told, [[["a"], [[3, 4]]]]);
  assert.deepEqual(held(graph), ["a"]);
});

test("what the kernel holds takes its place, and NaN leaves it where it is", () => {
  const { graph, pins } = place();
  graph.move(graph.nodes.at("b"), 5, 6);
  pins.take({ ids: ["a", "b"], xy: xy(1, 2, NaN, NaN) });
  assert.deepEqual([graph.node("a").x, graph.node("a").y, graph.node("b").x], [1, 2, 5]);
  pins.take({ ids: ["b"], xy: xy(NaN, NaN) });
  assert.deepEqual(held(graph), ["b"]);
});

test("a newcomer that is to be held is held as soon as it is there", () => {
  const { graph, pins } = place();
  pins.take({ ids: ["c"], xy: xy(7, 8) });
  graph.addNode("c", { label: "c", kind: "thing", color: 1 });
  pins.arrived(["c"]);
  assert.deepEqual([graph.node("c").x, graph.node("c").pinned], [7, true]);
});

test("letting go of all is told", () => {
  const { graph, told, pins } = place();
  pins.add(["a", "b"]);
  pins.clear();
  assert.deepEqual(held(graph), []);
  assert.equal(told.at(-1), "free");
});
