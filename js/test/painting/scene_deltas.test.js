// Whatever comes, goes and is hidden, step by step the scene is what it would be made anew.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphStore } from "../../src/model/graph_store.js";
import { Look } from "../../src/painting/look.js";
import { fraction } from "../../src/common/random.js";
import { HIDDEN, Scene } from "../../src/painting/scene.js";
import { graphPart, ring } from "../helpers.js";

const RUNS = 25;
const AROUND = 300; // nodes that stay: in a small graph all looks depend on how many there are
const STEPS = 12;
const TYPES = ["person", "text", "machine"];
const theme = {
  bg: "#ffffff", fg: "#000000", muted: "rgb(90, 100, 110)", accent: "#3d55d8", line: "#dddddd",
  good: "#00aa00", warn: "#aa8800", bad: "#aa0000", font: "sans",
};

function randomFrom(seed) {
  let count = 0;
  return () => fraction(`${seed} ${count++}`);
}

/** A delta of some nodes and relations of a small world, that may come, change or go. */
function delta(store, random) {
  const pick = (count) => Math.floor(random() * count);
  const part = { nodes: [], edges: [], goneNodes: [], goneEdges: [] };
  const { graph } = store;
  for (let i = pick(4); i >= 0; i--) {
    const id = `n${pick(12)}`;
    if (graph.hasNode(id) && pick(3) === 0) part.goneNodes.push(id);
    else part.nodes.push({ id, type: TYPES[pick(3)], name: `name ${pick(5)}` });
  }
  part.goneEdges = graph.edgeIds().filter((id) => part.goneNodes.some((end) => graph.extremities(id).includes(end)) || (id.length < 4 && pick(5) === 0));
  const there = [...new Set([...graph.nodeIds().slice(-20), ...part.nodes.map(({ id }) => id)])].filter((id) => !part.goneNodes.includes(id));
  for (let i = pick(5); there.length && i > 0; i--) {
    const id = `r${pick(15)}`;
    if (!part.goneEdges.includes(id)) part.edges.push({ id, from: there[pick(there.length)], to: there[pick(there.length)] });
  }
  part.nodes = part.nodes.filter(({ id }) => !part.goneNodes.includes(id));
  return part;
}

/** What a scene holds, by id, and what it draws, whatever the order. */
function drawn({ store: { graph }, nodes, edges, nodeLabels, edgeLabels, lists }) {
  const found = {};
  graph.forNodes((slot) => (found[graph.nodes.ids[slot]] = [nodes[2 * slot], nodes[2 * slot + 1], nodeLabels[slot]]));
  graph.forEdges((slot) => (found[graph.edges.ids[slot]] = [edges[2 * slot], edges[2 * slot + 1], edgeLabels[slot]]));
  const listed = Object.entries(lists).map(([name, list]) => [name, [...list.view].sort((a, b) => a - b)]);
  return { found, listed };
}

/** Hide or show a type, show a part alone, choose or search, as a person would. */
function view(look, store, random) {
  const ids = store.graph.nodeIds();
  const some = () => new Set(ids.filter(() => random() < 0.4));
  const act = Math.floor(random() * 6);
  const type = TYPES[Math.floor(random() * 3)];
  if (act === 0 && !look.hidden.delete(type)) look.hidden.add(type);
  if (act === 1) look.focus = random() < 0.5 ? null : some();
  if (act === 2) look.found = random() < 0.5 ? null : some();
  if (act === 3) look.select(some());
  return act < 4;
}

test("deltas and filters, step by step, come to the scene that is made anew", () => {
  let hidden = 0;
  for (let run = 1; run <= RUNS; run++) {
    const random = randomFrom(run);
    const store = new GraphStore(1);
    const seen = new Look(store);
    seen.theme = theme;
    const scene = new Scene(store, seen);
    store.apply(graphPart(ring(AROUND, 100)), true);
    for (let step = 0; step < STEPS; step++) {
      store.apply(graphPart(delta(store, random)), false);
      const chosen = seen.selected.size > 0;
      if (chosen) seen.select(seen.selected); // its neighbours may be others now
      scene.update(view(seen, store, random) || chosen);
      const told = Object.values(store.graph.changes).map((changes) => changes.any);
      assert.deepEqual(told, [false, false, false], "all changes are taken up");
      const anew = new Scene(store, seen);
      anew.update(true);
      assert.deepEqual(drawn(scene), drawn(anew), `run ${run}, step ${step}`);
      store.graph.forNodes((slot) => (hidden += scene.nodes[2 * slot + 1] & HIDDEN ? 1 : 0));
    }
  }
  assert.ok(hidden > 0, "something was hidden now and then");
});
