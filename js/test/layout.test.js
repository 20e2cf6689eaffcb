import assert from "node:assert/strict";
import { test } from "node:test";
import { matrices, settingsFor } from "../src/forces.js";
import { GraphStore } from "../src/graph_store.js";
import { run, spots } from "../src/rounds.js";
import { graphPart, ring } from "./helpers.js";

function laidOut(seed, reverse = false, rounds = 60) {
  const { nodes, edges } = ring(40);
  const store = new GraphStore(seed);
  const part = reverse
    ? { nodes: [...nodes].reverse(), edges: [...edges].reverse() }
    : { nodes, edges };
  store.apply(graphPart(part), true);
  const task = matrices(store.graph);
  run(settingsFor(task.ids.length), task.nodes, task.edges, rounds);
  return [...spots(task.nodes)];
}

test("the same graph and seed give the same layout, whatever order it came in", () => {
  assert.deepEqual(laidOut(1), laidOut(1, true));
});

test("another seed gives another layout", () => {
  assert.notDeepEqual(laidOut(1), laidOut(2));
});

test("rounds in slices give what rounds at once give", () => {
  const { nodes, edges } = ring(10);
  const store = new GraphStore(1);
  store.apply(graphPart({ nodes, edges }), true);
  const [once, sliced] = [matrices(store.graph), matrices(store.graph)];
  run(settingsFor(10), once.nodes, once.edges, 20);
  for (let i = 0; i < 4; i++) run(settingsFor(10), sliced.nodes, sliced.edges, 5);
  assert.deepEqual(spots(sliced.nodes), spots(once.nodes));
});

test("nodes that are not among the moving ones stay", () => {
  const store = new GraphStore(1);
  store.apply(graphPart(ring(20)), true);
  const task = matrices(store.graph, new Set(["n5"]));
  const before = spots(task.nodes);
  run(settingsFor(20), task.nodes, task.edges, 30);
  const after = spots(task.nodes);
  task.ids.forEach((id, i) => {
    const same = before[2 * i] === after[2 * i] && before[2 * i + 1] === after[2 * i + 1];
    assert.equal(same, id !== "n5", id);
  });
});
