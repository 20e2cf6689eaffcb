import assert from "node:assert/strict";
import { register } from "node:module";
import { afterEach, beforeEach, test } from "node:test";
import { GraphStore } from "../../src/model/graph_store.js";
import { solve } from "../../src/layout/rounds.js";
import { graphPart, ring } from "../helpers.js";

register(new URL("../worker_source.js", import.meta.url));
const { Layout, taskOf } = await import("../../src/layout/layout.js");

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

test("a graph that is laid out anew lies along the width", () => {
  for (const seed of [1, 2, 3, 4]) {
    const store = new GraphStore(seed);
    const { nodes, edges } = ring(12);
    store.apply(graphPart({ nodes, edges: edges.slice(1) }), true); // a chain
    const spots = Object.values(laidOut(store, null, 300));
    const [width, height] = [0, 1].map((axis) => {
      const values = spots.map((spot) => spot[axis]);
      return Math.max(...values) - Math.min(...values);
    });
    assert.ok(width > height, `${seed}: ${width} by ${height}`);
  }
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
  new Layout(store, (done) => steps.push(done), assert.fail).start();
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

/** A worker that gives the places at once. */
class QuickWorker {
  postMessage({ task: { place } }) {
    this.onmessage({ data: { places: place.map((x) => x + 1), done: true } });
  }
  terminate() {}
}

const NOTHING = { group: new Map(), x: new Map(), y: new Map() };
let frames = [];
const shown = () => frames.splice(0).forEach((run) => run(16));
const faked = {
  Worker: QuickWorker,
  document: { hidden: false },
  matchMedia: () => ({ matches: false }),
  requestAnimationFrame: (run) => frames.push(run),
  cancelAnimationFrame: () => (frames = []),
};

beforeEach(() => {
  frames = [];
  Object.assign(globalThis, faked);
});

afterEach(() => {
  for (const name of Object.keys(faked)) delete globalThis[name];
});

test("what goes wrong in a step of a glide is told, and the glide ends", () => {
  const failed = [];
  const broken = () => {
    throw new Error("no way");
  };
  const layout = new Layout(filled(5), broken, ({ message }) => failed.push(message));
  layout.start(null, { name: "layered" }, NOTHING);
  assert.deepEqual(failed, []);
  shown();
  assert.deepEqual([failed, layout.running, frames.length], [["no way"], false, 0]);
});

test("a glide goes on step by step until its nodes are where they belong", () => {
  const steps = [];
  const store = filled(5);
  const wanted = taskOf(store.graph).task.place.map((x) => x + 1);
  const layout = new Layout(store, (done) => steps.push(done), assert.fail);
  layout.start(null, { name: "layered" }, NOTHING);
  while (layout.running) shown();
  assert.equal(steps.at(-1), true);
  assert.deepEqual(taskOf(store.graph).task.place, wanted);
});

test("what goes wrong with places of a worker is told", () => {
  const failed = [];
  const broken = () => {
    throw new Error("no way");
  };
  const layout = new Layout(filled(5), broken, ({ message }) => failed.push(message));
  layout.start();
  assert.deepEqual([failed, layout.running], [["no way"], false]);
});

test("that no layout can be loaded is told", async () => {
  globalThis.Worker = class {
    constructor() {
      throw new Error("forbidden");
    }
  };
  const error = await new Promise((resolve) => new Layout(filled(5), assert.fail, resolve).start());
  assert.ok(error instanceof Error);
});
