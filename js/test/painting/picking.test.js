import assert from "node:assert/strict";
import { test } from "node:test";
import { Camera } from "../../src/painting/camera.js";
import { Dragging } from "../../src/painting/dragging.js";
import { Graph } from "../../src/model/graph.js";
import { Look } from "../../src/painting/look.js";
import { Picking } from "../../src/painting/picking.js";
import { Scene } from "../../src/painting/scene.js";

/** Two nodes 100 apart, with an edge, in a window of 400 by 300. */
function place() {
  const graph = new Graph();
  for (const [id, x] of [["a", -50], ["b", 50]]) {
    graph.move(graph.addNode(id, { label: id, kind: "thing", color: 0xff0000ff }), x, 0);
  }
  graph.addEdge("ab", "a", "b", { kind: "knows", strength: 1, both: false });
  const store = { graph, isGhost: () => false };
  const look = new Look(store);
  look.theme = { accent: "#3d55d8", bg: "#ffffff", muted: "#5b6474", fg: "#000000" };
  const scene = new Scene(store, look);
  scene.update(true);
  const eye = new Camera();
  eye.resize(400, 300);
  eye.hold({ x: [-50, 50], y: [-40, 40] });
  const frame = { grow: 1, arrows: true, lists: scene.lists };
  const spot = (slot) => {
    const [x, y] = eye.toScreen([graph.nodes.place[2 * slot], graph.nodes.place[2 * slot + 1]]);
    return { x, y, size: scene.radius(slot) };
  };
  return { graph, store, look, eye, frame, picking: new Picking(scene, eye, { spot }) };
}

test("a node is hit on its disc, an edge along its line, and nothing beside them", () => {
  const { eye, frame, picking } = place();
  assert.equal(picking.hit(eye.toScreen([-50, 0]), frame), "a");
  assert.equal(picking.hit(eye.toScreen([0, 0]), frame), "ab");
  assert.equal(picking.hit(eye.toScreen([0, 30]), frame), null);
});

test("edges that are too many to tell apart are not hit", () => {
  const { eye, frame, picking } = place();
  assert.equal(picking.hit(eye.toScreen([0, 0]), { ...frame, arrows: false }), null);
});

test("a node is hit where it is now, not where it was", () => {
  const { eye, frame, graph, picking } = place();
  picking.hit([0, 0], frame);
  graph.move(graph.nodes.at("a"), -50, 30);
  assert.equal(picking.hit(eye.toScreen([-50, 30]), frame), "a");
});

test("a line around nodes, and a box of the graph, give the ids inside", () => {
  const { eye, picking } = place();
  const line = [[-60, -10], [-60, 10], [0, 10], [0, -10]].map((point) => eye.toScreen(point));
  assert.deepEqual(picking.inside(line), ["a"]);
  assert.deepEqual(picking.within({ x: [-60, 60], y: [-1, 1] }).sort(), ["a", "b"]);
});

test("what is dragged takes along what is chosen with it, and nothing else", () => {
  const { eye, graph, look, store } = place();
  const dragging = new Dragging(store, look, eye);
  const from = eye.toScreen([-50, 0]);
  const drag = (ids) => {
    look.select(ids);
    dragging.move("a", from);
    dragging.move("a", [from[0] + 10 * eye.scale, from[1]]);
    return dragging.drop();
  };
  assert.deepEqual(drag(["b"]), ["a"]);
  assert.deepEqual([graph.node("a").x, graph.node("b").x].map(Math.round), [-40, 50]);
  assert.deepEqual(drag(["a", "b"]), ["a", "b"]);
  assert.deepEqual([graph.node("a").x, graph.node("b").x].map(Math.round), [-30, 60]);
  assert.equal(dragging.drop(), null);
});
