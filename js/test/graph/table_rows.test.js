import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphStore } from "../../src/model/graph_store.js";
import { tableRows, windowOf } from "../../src/graph/table_rows.js";
import { graphPart } from "../helpers.js";

const everything = { isListed: () => true };

function graph() {
  const store = new GraphStore();
  store.apply(graphPart({
    nodes: [{ id: "a", name: "v10", type: "x" }, { id: "b", name: "v9", type: "y" }, { id: "c", name: "V9", type: "x" }],
    edges: [{ id: "r", from: "a", to: "b" }],
  }), true);
  store.setGhosts({ nodes: [{ id: "gone", name: "", type: "x" }], edges: [] });
  return store.graph;
}
const ids = (look, sort) => tableRows(graph(), look, sort).map(({ id }) => id);

test("names are sorted as people count, equal ones by id, and what is gone is left out", () => {
  assert.deepEqual(ids(everything, { by: "label", down: false }), ["b", "c", "a"]);
  assert.deepEqual(ids(everything, { by: "label", down: true }), ["a", "b", "c"]);
});

test("numbers are sorted as numbers", () => {
  assert.deepEqual(ids(everything, { by: "degree", down: true }), ["a", "b", "c"]);
  assert.deepEqual(ids(everything, { by: "degree", down: false }), ["c", "a", "b"]);
});

test("the table is filtered as the graph is", () => {
  const look = { isListed: (id, kind) => kind === "x" };
  assert.deepEqual(ids(look, { by: "label", down: false }), ["c", "a"]);
});

test("only the rows that can be seen are there, and some to spare", () => {
  assert.deepEqual(windowOf(100000, 28000, 280, 28, 8), [992, 1018]);
  assert.deepEqual(windowOf(5, 0, 280, 28, 8), [0, 5]);
  assert.deepEqual(windowOf(0, 0, 280, 28), [0, 0]);
});
