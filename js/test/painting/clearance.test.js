import assert from "node:assert/strict";
import { test } from "node:test";
import { Graph } from "../../src/model/graph.js";
import { Camera } from "../../src/painting/camera.js";
import { clearance } from "../../src/painting/clearance.js";

const BOX = { x: [0, 100], y: [0, 100] };
const CORNERS = [[0, 0], [100, 0], [0, 100], [100, 100]];
const ROUND = [[0, 50], [50, 0], [100, 50], [50, 100]];

function graphOf(places) {
  const graph = new Graph();
  places.forEach(([x, y], i) => graph.move(graph.addNode(`n${i}`, { label: "", kind: "thing", color: 0 }), x, y));
  return graph;
}

const corner = (width, height, { height: stage }) => ({ x: 10, y: stage - 10 - height, width, height });

/** Whether a node lies under what lies over the stage, after so much was left free. */
function lies(boxes, stage, covered, places) {
  const eye = Object.assign(new Camera(), { covered });
  eye.resize(stage.width, stage.height);
  eye.hold(stage.box);
  const spots = places.map((place) => eye.toScreen(place));
  return boxes.some((over) => spots.some(([x, y]) =>
    x > over.x && x < over.x + over.width && y > over.y && y < over.y + over.height));
}

test("where no node is beneath, nothing is left free", () => {
  const stage = { width: 400, height: 400, box: BOX };
  assert.deepEqual(clearance([corner(110, 70, stage)], stage, graphOf(ROUND)), [0, 0]);
  assert.deepEqual(clearance([], stage, graphOf(CORNERS)), [0, 0]);
});

test("in a high stage the graph stands above, in a wide one beside", () => {
  const high = { width: 500, height: 900, box: { x: [0, 100], y: [0, 200] } };
  const wide = { width: 900, height: 400, box: { x: [0, 300], y: [0, 100] } };
  const above = clearance([corner(150, 90, high)], high, graphOf([[0, 0], [100, 200]]));
  const beside = clearance([corner(150, 270, wide)], wide, graphOf([[0, 0], [300, 100]]));
  assert.ok(above[1] > 0 && above[0] === 0);
  assert.ok(beside[0] > 0 && beside[1] === 0);
});

test("no node lies beneath after that, whatever the sizes", () => {
  for (const width of [420, 700, 1200]) for (const height of [300, 420, 800]) for (const right of [80, 130]) {
    for (const part of [0.2, 0.5, 0.9]) {
      const stage = { width, height, box: BOX };
      const boxes = [corner(right, part * height - 10, stage)];
      const covered = clearance(boxes, stage, graphOf(CORNERS));
      assert.ok(!lies(boxes, stage, covered, CORNERS), `${width} ${height} ${right} ${part}`);
    }
  }
});

test("two that lie over it are both kept clear of", () => {
  const stage = { width: 700, height: 420, box: { x: [0, 200], y: [0, 100] } };
  const boxes = [corner(150, 120, stage), { x: 260, y: 380, width: 180, height: 30 }];
  const places = [[0, 0], [100, 0], [200, 0], [0, 100], [200, 100]];
  const covered = clearance(boxes, stage, graphOf(places));
  assert.ok(!lies(boxes, stage, covered, places));
  assert.ok(lies(boxes, stage, [0, 0], places));
});

test("where nothing helps, nothing is left free", () => {
  const stage = { width: 300, height: 300, box: BOX };
  assert.deepEqual(clearance([{ x: 0, y: 0, width: 300, height: 300 }], stage, graphOf(CORNERS)), [0, 0]);
});
