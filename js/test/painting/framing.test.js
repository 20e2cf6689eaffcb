import assert from "node:assert/strict";
import { test } from "node:test";
import { Camera } from "../../src/painting/camera.js";
import { Framing } from "../../src/painting/framing.js";
import { Graph } from "../../src/model/graph.js";
import { Look } from "../../src/painting/look.js";
import { Scene } from "../../src/painting/scene.js";

globalThis.window = { devicePixelRatio: 1 };

function place(nodes, brush = { slow: false, kind: "webgl" }) {
  const graph = new Graph();
  for (let i = 0; i < nodes; i++) {
    graph.move(graph.addNode(`n${i}`, { label: "", kind: "thing", color: 0xff0000ff }), i % 100, i / 100);
    if (i) graph.addEdge(`e${i}`, `n${i - 1}`, `n${i}`, { kind: "knows", strength: 1, both: false });
  }
  const look = new Look({ graph });
  look.theme = { accent: "#3d55d8", bg: "#ffffff", muted: "#5b6474", fg: "#000000" };
  const scene = new Scene({ graph }, look);
  scene.update(true);
  const eye = new Camera();
  eye.resize(800, 600);
  eye.hold({ x: [0, 100], y: [0, nodes / 100] });
  return { eye, look, framing: new Framing(scene, eye, brush) };
}

const RESTS = { hasty: false, shown: true };
const MOVES = { hasty: true, shown: true };

test("at rest every edge is painted; while it moves, as many as the machine can", () => {
  const { framing } = place(10_000, { slow: true, kind: "canvas" });
  assert.equal(framing.frame(800, 600, RESTS).skip, 1);
  assert.equal(framing.frame(800, 600, MOVES).skip, 2);
  framing.learn(200, true);
  framing.learn(200, true);
  assert.ok(framing.isSlow);
  assert.ok(framing.frame(800, 600, MOVES).skip > 2);
});

test("a machine that is fast enough paints more, up to all", () => {
  const { framing } = place(10_000, { slow: true, kind: "canvas" });
  for (let i = 0; i < 5; i++) framing.learn(5, true);
  assert.ok(!framing.isSlow);
  assert.equal(framing.frame(800, 600, MOVES).skip, 1);
});

test("of a large graph, near by, only what is in sight is painted", () => {
  const { eye, framing } = place(12_000);
  const all = framing.frame(800, 600, RESTS);
  eye.state = { x: 0, y: 0, zoom: 6 };
  const near = framing.frame(800, 600, RESTS);
  assert.ok(near.lists.nodes.length < all.lists.nodes.length / 4);
  assert.notEqual(near.listed, all.listed);
});

test("while a large graph comes in it is painted without edges", () => {
  const { look, framing } = place(100);
  look.draft = true;
  const { lists } = framing.frame(800, 600, MOVES);
  assert.equal(lists.straight.length + lists.curved.length, 0);
  assert.equal(lists.nodes.length, 100);
});
