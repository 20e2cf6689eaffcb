import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/model/graph.js";
import { Changes, Slots } from "../../src/model/slots.js";

function graph(nodes, edges) {
  const made = new Graph();
  for (const id of nodes) made.addNode(id, { label: id, kind: "x", color: 0xff0000ff });
  for (const [id, from, to] of edges) made.addEdge(id, from, to, { kind: "knows", strength: 1, both: false });
  return made;
}
const bend = (made, id) => made.edges.bend[made.edges.at(id)];

test("a slot that became free is used again, and begins empty", () => {
  const slots = new Slots({ size: [Float32Array, 1], place: [Float32Array, 2] });
  const [a, b] = [slots.take("a"), slots.take("b")];
  slots.size[a] = 3;
  slots.place.set([1, 2], 2 * a);
  slots.drop(a);
  assert.equal(slots.at("a"), -1);
  assert.equal(slots.take("c"), a);
  assert.deepEqual([slots.size[a], ...slots.place.subarray(2 * a, 2 * a + 2)], [0, 0, 0]);
  assert.deepEqual([slots.count, slots.end, slots.at("b")], [2, 2, b]);
});

test("columns grow and keep what they hold", () => {
  const slots = new Slots({ size: [Float32Array, 1] });
  for (let i = 0; i < 5000; i++) slots.size[slots.take(`n${i}`)] = i;
  assert.ok(slots.capacity >= 5000);
  for (let i = 0; i < 5000; i += 777) assert.equal(slots.size[slots.at(`n${i}`)], i);
});

test("changes are told once, one by one while they are few", () => {
  const changes = new Changes();
  assert.equal(changes.take().all, true);
  changes.add(3);
  changes.add(3);
  assert.deepEqual(changes.take(), { all: false, slots: [3], any: true });
  assert.equal(changes.take().any, false);
  for (let i = 0; i < 5000; i++) changes.add(i);
  assert.deepEqual(changes.take(), { all: true, slots: [], any: true });
});

test("what is around a node follows edges that come and go, loops and parallel ones too", () => {
  const made = graph(["a", "b", "c"], [["r", "a", "b"], ["s", "b", "a"], ["t", "c", "a"], ["u", "a", "a"]]);
  assert.deepEqual(made.neighbors("a").sort(), ["a", "b", "c"]);
  assert.deepEqual(made.edgesOf("a").sort(), ["r", "s", "t", "u"]);
  assert.equal(made.degree("a"), 5);
  made.dropEdge("s");
  made.dropEdge("t");
  assert.deepEqual(made.edgesOf("a").sort(), ["r", "u"]);
  assert.deepEqual(made.edgesOf("c"), []);
  made.dropNode("a");
  assert.deepEqual([made.order, made.size, made.degree("b")], [2, 0, 0]);
});

test("random edges coming and going leave the neighbours of a plain model", () => {
  const made = graph(["a", "b", "c", "d"], []);
  const model = new Map();
  let state = 7;
  const next = (most) => (state = (state * 48271) % 2147483647) % most;
  for (let step = 0; step < 2000; step++) {
    const id = `r${next(12)}`;
    if (model.has(id)) {
      model.delete(id);
      made.dropEdge(id);
    } else {
      const ends = ["abcd"[next(4)], "abcd"[next(4)]];
      model.set(id, ends);
      made.addEdge(id, ...ends, { kind: "k", strength: 1, both: false });
    }
    if (step % 50) continue;
    for (const node of "abcd") {
      const expected = [...model].filter(([, ends]) => ends.includes(node)).map(([key]) => key);
      assert.deepEqual(made.edgesOf(node).sort(), expected.sort());
    }
  }
});

test("one edge is straight, two bend to either side, three have one between", () => {
  const made = graph(["a", "b"], [["r", "a", "b"]]);
  assert.equal(bend(made, "r"), 0);
  made.addEdge("s", "a", "b", { kind: "k", strength: 1, both: false });
  assert.deepEqual([bend(made, "r"), bend(made, "s")], [-1, 1]);
  made.addEdge("t", "b", "a", { kind: "k", strength: 1, both: false });
  assert.deepEqual([bend(made, "r"), bend(made, "s"), bend(made, "t")], [-2, 0, -2]);
  made.dropEdge("s");
  made.dropEdge("t");
  assert.equal(bend(made, "r"), 0);
});

test("edges in both directions bend apart, seen from the start of each to the same hand", () => {
  const made = graph(["a", "b"], [["r", "a", "b"], ["s", "b", "a"]]);
  assert.deepEqual([bend(made, "r"), bend(made, "s")], [-1, -1]);
});

test("loops at one node are numbered", () => {
  const made = graph(["a"], [["r", "a", "a"], ["s", "a", "a"]]);
  assert.deepEqual([bend(made, "r"), bend(made, "s")], [0, 1]);
});

test("a style is kept while the node changes, given back by null, and gone with the node", () => {
  const made = graph(["a"], []);
  made.styleNode("a", { color: "#102030", size: 9, shape: "star", icon: "★", label: "own" });
  made.setNode("a", { label: "new name", kind: "y", color: 0xff00ff00 });
  assert.deepEqual([made.node("a").color, made.node("a").label], ["#102030", "own"]);
  made.styleNode("a", { color: null, label: null });
  assert.deepEqual([made.node("a").color, made.node("a").label], ["#00ff00", "new name"]);
  made.dropNode("a");
  made.addNode("a", { label: "a", kind: "x", color: 0xff0000ff });
  assert.deepEqual([made.nodes.shape[0], made.nodes.ownSize[0], made.nodes.icon[0]], [0, 0, 0]);
});

test("a shape, a dash or a colour that does not exist is refused by name", () => {
  const made = graph(["a", "b"], [["r", "a", "b"]]);
  assert.throws(() => made.styleNode("a", { shape: "blob" }), /shape must be one of circle, square/);
  assert.throws(() => made.styleNode("a", { color: "reddish" }), /color must be/);
  assert.throws(() => made.styleEdge("r", { dash: "wavy" }), /dash must be one of solid/);
  assert.throws(() => made.styleEdge("r", { arrow: "up" }), /arrow must be one of to/);
});

test("a write notes what it changed, and only that", () => {
  const made = graph(["a", "b", "c"], [["r", "a", "b"]]);
  for (const changes of Object.values(made.changes)) changes.take();
  made.move(made.nodes.at("b"), 1, 2);
  made.styleNode("c", { size: 4 });
  assert.deepEqual(made.changes.places.take().slots, [1]);
  assert.deepEqual(made.changes.nodes.take().slots, [2]);
  assert.equal(made.changes.edges.any, false);
});
