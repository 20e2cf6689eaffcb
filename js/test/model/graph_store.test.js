import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphStore } from "../../src/model/graph_store.js";
import { graphPart, ring } from "../helpers.js";

const filled = (size = 12) => {
  const store = new GraphStore(1);
  store.apply(graphPart(ring(size)), true);
  return store;
};

test("a snapshot fills the store", () => {
  const store = filled();
  assert.equal(store.graph.order, 12);
  assert.equal(store.graph.size, 12);
  assert.deepEqual([...store.types], [["thing", 12]]);
});

test("unchanged nodes do not move when a delta arrives", () => {
  const store = filled();
  const before = store.positions();
  const delta = { nodes: [{ id: "new" }], edges: [{ id: "e", from: "new", to: "n3" }] };
  const { added } = store.apply(graphPart({ ...delta, goneNodes: ["n7"] }), false);
  assert.deepEqual(added, ["new"]);
  const after = store.positions();
  for (const id of Object.keys(before).filter((id) => id !== "n7")) {
    assert.deepEqual(after[id], before[id]);
  }
  assert.equal(after.n7, undefined);
});

test("a newcomer stands nearer to its neighbour than nodes do on the whole", () => {
  const store = filled(60);
  store.apply(
    graphPart({ nodes: [{ id: "new" }], edges: [{ id: "e", from: "new", to: "n3" }] }),
    false,
  );
  const places = store.positions();
  const away = (a, b) => Math.hypot(places[a][0] - places[b][0], places[a][1] - places[b][1]);
  const others = Object.keys(places).filter((id) => id !== "n3" && id !== "new");
  const mean = others.reduce((sum, id) => sum + away(id, "n3"), 0) / others.length;
  assert.ok(away("new", "n3") < mean / 2);
});

test("a node that comes back stands where it stood", () => {
  const store = filled();
  const before = store.positions().n4;
  store.apply(graphPart({ goneNodes: ["n4"] }), false);
  store.apply(graphPart({ nodes: [{ id: "n4" }] }), false);
  assert.deepEqual(store.positions().n4, before);
});

test("a second snapshot keeps the places of what stays and drops the rest", () => {
  const store = filled();
  const before = store.positions();
  store.apply(graphPart(ring(6)), true);
  assert.equal(store.graph.order, 6);
  assert.equal(store.graph.size, 6);
  for (const id of store.graph.nodeIds()) assert.deepEqual(store.positions()[id], before[id]);
});

test("changed fields are taken over, and types are counted again", () => {
  const store = filled(3);
  store.apply(graphPart({ nodes: [{ id: "n1", name: "Ada", type: "person" }] }), false);
  assert.equal(store.graph.node("n1").label, "Ada");
  assert.deepEqual(new Map([...store.types].sort()), new Map([["person", 1], ["thing", 2]]));
});

test("a relation whose ends changed is drawn between the new ones", () => {
  const store = filled(4);
  store.apply(graphPart({ edges: [{ id: "r0", from: "n2", to: "n0" }] }), false);
  assert.deepEqual(store.graph.extremities("r0"), ["n2", "n0"]);
});

test("removing what is not there does no harm", () => {
  const store = filled(3);
  store.apply(graphPart({ goneNodes: ["no"], goneEdges: ["no"] }), false);
  assert.equal(store.graph.order, 3);
});

test("search finds by label, type and id", () => {
  const store = filled(3);
  store.apply(graphPart({ nodes: [{ id: "n1", name: "Ada", type: "person" }] }), false);
  assert.deepEqual(store.search("ada"), ["n1"]);
  assert.deepEqual(store.search("PERS"), ["n1"]);
  assert.deepEqual(store.search("n2"), ["n2"]);
  assert.deepEqual(store.search("  "), []);
});

const gone = (id) => ({ nodes: [{ id, name: "", type: "thing" }], edges: [] });

test("what is gone is drawn where it was, and counted nowhere", () => {
  const store = new GraphStore();
  store.apply(graphPart(ring(5)), true);
  const { x, y } = store.graph.node("n0");
  store.apply(graphPart({ goneNodes: ["n0"] }), false);
  store.setGhosts({ ...gone("n0"), edges: [{ id: "r0", from: "n0", to: "n1", type: "knows", strength: 1, both: false }] });
  assert.equal(store.isGhost("n0"), true);
  assert.equal(store.isGhost("r0"), true);
  assert.equal(store.isGhost("n1"), false);
  const ghost = store.graph.node("n0");
  assert.deepEqual([ghost.x, ghost.y], [x, y]);
  assert.equal(store.types.get("thing"), 4);
  store.setGhosts({ nodes: [], edges: [] });
  assert.equal(store.graph.hasNode("n0"), false);
});

test("a ghost makes way for the real one, and stays through other changes", () => {
  const store = new GraphStore();
  store.apply(graphPart({ nodes: [{ id: "a" }] }), true);
  store.setGhosts(gone("b"));
  store.apply(graphPart({ nodes: [{ id: "c" }] }), false);
  assert.equal(store.isGhost("b"), true);
  store.apply(graphPart({ nodes: [{ id: "b", name: "real" }] }), false);
  assert.equal(store.isGhost("b"), false);
  assert.equal(store.types.get("thing"), 3);
  store.setGhosts({ nodes: [], edges: [] });
  assert.deepEqual(store.graph.nodeIds().sort(), ["a", "b", "c"]);
});
