import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphStore } from "../../src/model/graph_store.js";
import { expanded, shortestPath } from "../../src/model/paths.js";
import { graphPart, ring } from "../helpers.js";

function graph() {
  const store = new GraphStore();
  const { nodes, edges } = ring(8);
  store.apply(graphPart({ nodes: [...nodes, { id: "alone" }], edges }), true);
  return store.graph;
}

test("the shortest way goes with or against the relations, nodes and relations in turn", () => {
  assert.deepEqual(shortestPath(graph(), "n0", "n2"), ["n0", "r0", "n1", "r1", "n2"]);
  assert.deepEqual(shortestPath(graph(), "n1", "n7"), ["n1", "r0", "n0", "r7", "n7"]);
  assert.deepEqual(shortestPath(graph(), "n3", "n3"), ["n3"]);
});

test("between what is not connected there is no way", () => {
  assert.equal(shortestPath(graph(), "n0", "alone"), null);
});

test("the focus grows by a node and its neighbours", () => {
  const first = expanded(graph(), null, "n0");
  assert.deepEqual([...first].sort(), ["n0", "n1", "n7"]);
  assert.deepEqual([...expanded(graph(), first, "n1")].sort(), ["n0", "n1", "n2", "n7"]);
  assert.deepEqual([...expanded(graph(), null, "alone")], ["alone"]);
});
