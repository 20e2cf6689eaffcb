import assert from "node:assert/strict";
import { test } from "node:test";
import { GraphStore } from "../../src/model/graph_store.js";
import { drawMarks } from "../../src/painting/marks.js";
import { graphPart } from "../helpers.js";

const theme = { good: "green", warn: "amber", bad: "red", bg: "white", font: "sans" };

/** A context that writes down what shapes it is asked for, with colour and dash. */
function recorder() {
  const drawn = [];
  let dash = [];
  const context = {
    save() {}, restore() {}, beginPath() {}, closePath() {}, fill() {},
    setLineDash: (next) => (dash = next),
    moveTo: () => drawn.push(["line", context.strokeStyle, dash.length > 0]),
    lineTo() {},
    arc: (x, y, r) => r > 7 && drawn.push(["circle", context.strokeStyle, dash.length > 0]),
    stroke() {},
    fillText: (text) => drawn.push(["sign", text]),
  };
  return { context, drawn };
}

function store() {
  const made = new GraphStore();
  made.apply(graphPart({ nodes: [{ id: "a" }, { id: "b" }], edges: [{ id: "r", from: "a", to: "b" }] }), true);
  return made;
}

test("each kind has a shape, a sign and a colour of its own", () => {
  const shapes = ["added", "changed", "removed"].map((kind) => {
    const { context, drawn } = recorder();
    drawMarks(context, theme, store().graph, { a: kind }, () => ({ x: 0, y: 0, size: 6 }));
    return JSON.stringify(drawn);
  });
  assert.equal(new Set(shapes).size, 3);
  assert.ok(shapes[0].includes("green") && shapes[0].includes('"+"'));
  assert.ok(shapes[1].includes("amber") && shapes[1].includes('"~"'));
  assert.ok(shapes[2].includes("red") && shapes[2].includes('"−"'));
});

test("a relation that is gone is a broken line, and what is hidden has no mark", () => {
  const { context, drawn } = recorder();
  drawMarks(context, theme, store().graph, { r: "removed" }, () => ({ x: 0, y: 0, size: 6 }));
  assert.deepEqual(drawn, [["line", "red", true], ["sign", "−"]]);
  drawn.length = 0;
  drawMarks(context, theme, store().graph, { a: "added", r: "added", nowhere: "added" }, () => null);
  assert.deepEqual(drawn, []);
});
