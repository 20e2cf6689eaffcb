import assert from "node:assert/strict";
import { test } from "node:test";
import { sumOf } from "../../src/kernel/digest.js";
import { GraphStore } from "../../src/model/graph_store.js";
import { graphPart } from "../helpers.js";

const words = (...values) => new Uint8Array(Uint32Array.from(values).buffer);

test("marks add up modulo 2^64, however many", () => {
  const most = 2 ** 32 - 1;
  assert.deepEqual(sumOf(Uint32Array.of(most, most, 1, 0)), [0, 0]);
  assert.deepEqual(sumOf(Uint32Array.of(most, 0), Uint32Array.of(2, 5)), [1, 6]);
  const many = new Uint32Array(2 * 3_000_000).fill(most);
  const sum = (BigInt(most) * (1n << 32n) + BigInt(most)) * 3_000_000n % (1n << 64n);
  assert.deepEqual(sumOf(many), [Number(sum % (1n << 32n)), Number(sum >> 32n)]);
});

test("a store is at the digest of what it holds, ghosts apart, and notices what is amiss", () => {
  const store = new GraphStore();
  const nodes = [{ id: "a", mark: [1, 0] }, { id: "b", mark: [2, 0] }];
  const edges = [{ id: "r", from: "a", to: "b", mark: [4, 7] }];
  store.apply(graphPart({ nodes, edges }), true);
  assert.ok(store.isAt(words(7, 7)));
  store.setGhosts({ nodes: [{ id: "gone", name: "", type: "thing" }], edges: [] });
  assert.ok(store.isAt(words(7, 7)));
  store.apply(graphPart({ nodes: [{ id: "a", mark: [9, 0] }], edges: [], goneEdges: ["r"] }), false);
  assert.ok(store.isAt(words(11, 0)));
  store.graph.dropNode("b");
  assert.ok(!store.isAt(words(11, 0)));
});
