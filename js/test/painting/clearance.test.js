import assert from "node:assert/strict";
import { test } from "node:test";
import { Camera } from "../../src/painting/camera.js";
import { clearance } from "../../src/painting/clearance.js";
import { Graph } from "../../src/model/graph.js";

const BOX = { x: [0, 100], y: [0, 100] };
const CORNERS = [[0, 0], [100, 0], [0, 100], [100, 100]];
const ROUND = [[0, 50], [50, 0], [100, 50], [50, 100]];

function graphOf(places) {
  const graph = new Graph();
  places.forEach(([x, y], i) => graph.move(graph.addNode(`n${i}`, { label: "", kind: "thing", color: 0 }), x, y));
  return graph;
}

/** Whether a node lies under what reaches so far, after so much was left free. */
function lies(corner, stage, covered, places) {
  const eye = Object.assign(new Camera(), { covered });
  eye.resize(stage.width, stage.height);
  eye.hold(stage.box);
  return places.map((place) => eye.toScreen(place)).some(([x, y]) => x < corner.right && y > corner.top);
}

test("where no node is beneath, nothing is left free", () => {
  assert.deepEqual(clearance({ right: 120, top: 320 }, { width: 400, height: 400, box: BOX }, graphOf(ROUND)), [0, 0]);
});

test("in a high stage the graph stands above, in a wide one beside", () => {
  const corner = { right: 160, top: 0 };
  const high = { width: 500, height: 900, box: BOX };
  const wide = { width: 900, height: 400, box: { x: [0, 300], y: [0, 100] } };
  const above = clearance({ ...corner, top: 800 }, { ...high, box: { x: [0, 100], y: [0, 200] } }, graphOf([[0, 0], [100, 200]]));
  const beside = clearance({ ...corner, top: 120 }, wide, graphOf([[0, 0], [300, 100]]));
  assert.ok(above[1] > 0 && above[0] === 0);
  assert.ok(beside[0] > 0 && beside[1] === 0);
});

test("no node lies beneath after that, whatever the sizes", () => {
  for (const width of [420, 700, 1200]) for (const height of [300, 420, 800]) for (const right of [80, 130]) {
    for (const part of [0.2, 0.5, 0.9]) {
      const [corner, stage] = [{ right, top: height * (1 - part) }, { width, height, box: BOX }];
      const covered = clearance(corner, stage, graphOf(CORNERS));
      assert.ok(!lies(corner, stage, covered, CORNERS), `${width} ${height} ${right} ${part}`);
    }
  }
});
