import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/model/graph.js";
import { ranked } from "../../src/model/ranking.js";

function place(...labels) {
  const graph = new Graph();
  for (const label of labels) graph.addNode(`id of ${label}`, { label, kind: "thing", color: 1 });
  return graph;
}

const names = (graph, text) =>
  ranked(graph, graph.nodeIds().reverse(), text).map((id) => id.replace("id of ", ""));

test("what was most likely meant comes first: the name, its beginning, a word in it, a part of it", () => {
  const graph = place("keyring", "numpandas", "fast-pandas", "pandas-stubs", "Pandas");
  assert.deepEqual(names(graph, " pandas"), ["Pandas", "pandas-stubs", "fast-pandas", "numpandas", "keyring"]);
});

test("of names that fit alike the one with more relations comes first", () => {
  const graph = place("Paris", "Patras", "hub");
  graph.addEdge("e", "id of Patras", "id of hub", { kind: "knows", strength: 1, both: false });
  assert.deepEqual(names(graph, "pa").slice(0, 2), ["Patras", "Paris"]);
});

test("conditions say nothing of names, and what is not there is left out", () => {
  const graph = place("zeta", "alpha");
  assert.deepEqual(names(graph, "type:thing degree>0 -draft ze")[0], "zeta");
  assert.deepEqual(ranked(graph, ["gone", "id of zeta"], "type:thing"), ["id of zeta"]);
});
