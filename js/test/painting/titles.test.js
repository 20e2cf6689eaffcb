import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphStore } from "../../src/model/graph_store.js";
import { Taken } from "../../src/painting/labels.js";
import { Look } from "../../src/painting/look.js";
import { Scene } from "../../src/painting/scene.js";
import { Titles, placesOf, titled } from "../../src/painting/titles.js";
import { graphPart, ring } from "../helpers.js";

const theme = {
  bg: "#ffffff", fg: "#000000", muted: "rgb(90, 100, 110)", accent: "#3d55d8", line: "#dddddd",
  good: "#00aa00", warn: "#aa8800", bad: "#aa0000", font: "sans",
};
const NONE = new Set();

/** Six nodes at (0, 0), (1, 10), (2, 20) and so on: the first two are in Oslo, the others in Rome. */
function grouped() {
  const store = new GraphStore(1);
  store.apply(graphPart(ring(6)), true);
  const { graph } = store;
  graph.nodeIds().forEach((id, i) => graph.move(graph.nodes.at(id), i, 10 * i));
  const look = new Look(store);
  look.theme = theme;
  const scene = new Scene(store, look);
  scene.update(true);
  const group = new Map(graph.nodeIds().map((id, i) => [id, i < 2 ? 1 : 2]));
  return { graph, look, scene, titles: new Titles(scene), grouping: { group, titles: new Map([[1, "Oslo"], [2, "Rome"]]) } };
}

test("a title says what a group has in common and how many are in it, the largest first", () => {
  const { titles, grouping } = grouped();
  const [first, second] = titles.of(grouping, NONE);
  const { rim, ...rome } = first;
  assert.deepEqual(rome, { text: "Rome (4)", count: 4, left: 2, right: 5, low: 20, top: 50 });
  assert.ok(rim > 0);
  assert.equal(second.text, "Oslo (2)");
});

test("what is hidden does not count, and a group of which nothing is shown has no title", () => {
  const { titles, grouping, look, scene } = grouped();
  look.focus = new Set(["n2", "n3"]);
  scene.update(true);
  assert.deepEqual(titles.of(grouping, NONE).map(({ text }) => text), ["Rome (2)"]);
});

test("a node that a person has moved away counts, and does not take the title along", () => {
  const { titles, grouping, graph } = grouped();
  graph.move(graph.nodes.at("n5"), 500, 500);
  graph.pin("n5", true);
  const [rome] = titles.of(grouping, NONE);
  assert.deepEqual([rome.text, rome.top], ["Rome (4)", 40]);
});

test("a title follows what moves", () => {
  const { titles, grouping, graph } = grouped();
  titles.of(grouping, NONE);
  graph.move(graph.nodes.at("n5"), 7, 90);
  assert.equal(titles.of(grouping, NONE)[0].top, 90);
});

test("a node that stands for a type is no member of a disc", () => {
  const { titles, grouping } = grouped();
  assert.deepEqual(titles.of(grouping, new Set(["n0", "n1"])).map(({ text }) => text), ["Rome (4)"]);
});

test("a title lies above its group, and in sight while some of the group is", () => {
  const sight = { width: 400, height: 300 };
  const above = placesOf({ left: 100, right: 200, top: 80, low: 180 }, 60, 16, sight)[0];
  assert.deepEqual(above, { x: 120, y: 59, width: 60, height: 16 });
  const close = placesOf({ left: -500, right: 80, top: -300, low: 280 }, 60, 16, sight)[0];
  assert.ok(close.x > 0 && close.y > 0);
  const gone = placesOf({ left: -500, right: -80, top: -300, low: -80 }, 60, 16, sight)[0];
  assert.ok(gone.x < 0 && gone.y < 0);
});

test("titles take free places, then those over their own group, and never cover each other", () => {
  const taken = new Taken(400, 300);
  const options = [{ x: 10, y: 10, width: 60, height: 16 }, { x: 10, y: 100, width: 60, height: 16 }];
  const drawn = [];
  assert.deepEqual(titled(taken, drawn, options), options[0]);
  assert.deepEqual(titled(taken, drawn, options), options[1]);
  assert.equal(titled(taken, drawn, options), null);
  const crowded = new Taken(400, 300);
  crowded.take({ x: 0, y: 0, width: 400, height: 300 });
  assert.deepEqual(titled(crowded, [], options), options[1]);
});
