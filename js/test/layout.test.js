import assert from "node:assert/strict";
import { register } from "node:module";
import { test } from "node:test";
import { GraphStore } from "../src/graph_store.js";
import { solve } from "../src/rounds.js";
import { graphPart, ring } from "./helpers.js";

register(new URL("./worker_source.js", import.meta.url));
const { Layout, taskOf } = await import("../src/layout.js");

/** Places by id after all rounds, or so many. */
function laidOut(store, moving = null, rounds = 60) {
  const { slots, task } = taskOf(store.graph, moving);
  let places = null;
  for (places of solve({ ...task, rounds }));
  const flat = places();
  return Object.fromEntries(slots.map((slot, i) => [store.graph.nodes.ids[slot], [flat[2 * i], flat[2 * i + 1]]]));
}

function filled(size, seed = 1, reverse = false) {
  const { nodes, edges } = ring(size);
  const store = new GraphStore(seed);
  store.apply(graphPart(reverse ? { nodes: nodes.reverse(), edges: edges.reverse() } : { nodes, edges }), true);
  return store;
}

test("the same graph and seed give the same layout, whatever order it came in", () => {
  assert.deepEqual(laidOut(filled(40)), laidOut(filled(40, 1, true)));
});

test("a large graph, laid out from coarse to fine, is the same whatever order it came in", () => {
  assert.deepEqual(laidOut(filled(3000), null, 3), laidOut(filled(3000, 1, true), null, 3));
});

test("another seed gives another layout", () => {
  assert.notDeepEqual(laidOut(filled(40)), laidOut(filled(40, 2)));
});

test("nodes that are not among the moving ones stay", () => {
  const store = filled(20);
  const before = store.positions();
  const after = laidOut(store, new Set([store.graph.nodes.at("n5")]));
  for (const id of Object.keys(before)) {
    const same = before[id][0] === after[id][0] && before[id][1] === after[id][1];
    assert.equal(same, id !== "n5", id);
  }
});

test("a pinned node stays while the others are laid out", () => {
  const store = filled(20);
  store.graph.pin("n3", true);
  const before = store.positions();
  const after = laidOut(store);
  assert.deepEqual(after.n3, before.n3);
  assert.notDeepEqual(after.n4, before.n4);
});

test("a graph whose nodes are all held is arranged at once", () => {
  const store = filled(20);
  for (const id of store.graph.nodeIds()) store.graph.pin(id, true);
  const steps = [];
  new Layout(store, (done) => steps.push(done)).start();
  assert.deepEqual(steps, [true]);
});

test("in a large graph neighbours come to stand near each other in few rounds", () => {
  const store = filled(4000);
  const places = laidOut(store, null, 8);
  const away = (a, b) => Math.hypot(places[a][0] - places[b][0], places[a][1] - places[b][1]);
  const mean = (of) => of.reduce((sum, x) => sum + x, 0) / of.length;
  const beside = mean(Array.from({ length: 4000 }, (_, i) => away(`n${i}`, `n${(i + 1) % 4000}`)));
  const across = mean(Array.from({ length: 4000 }, (_, i) => away(`n${i}`, `n${(i + 2000) % 4000}`)));
  assert.ok(beside < across / 6, `${beside} ${across}`);
});
