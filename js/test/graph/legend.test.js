import assert from "node:assert/strict";
import { test } from "node:test";
import { SHAPES } from "../../src/model/graph.js";
import { pathOf } from "../../src/graph/legend.js";
import { linesOf } from "../../src/graph/legend_picture.js";

test("every shape has a path of its own, closed", () => {
  const paths = SHAPES.map((shape) => pathOf(shape));
  assert.equal(new Set(paths).size, SHAPES.length);
  paths.forEach((path) => assert.match(path, /^M.*Z$/));
  assert.equal(pathOf(undefined), pathOf("circle"));
});

test("the legend of a picture says what the panel says, line by line", () => {
  const lines = linesOf({
    sections: [
      { of: "node", kind: "ramp", title: "born", ends: ["1800", "1900"], colors: [["#000000", "#ffffff"]] },
      { of: "edge", kind: "category", title: "type", rows: [{ text: "knows", dash: "dashed" }] },
      { of: "node", kind: "axis", title: "→ born", ends: ["1", "9"] },
    ],
    types: [{ type: "person", count: 1200, off: true, look: { shape: "star" } }],
    more: 2,
  });
  assert.deepEqual(lines.map(({ text }) => text), [
    "born", undefined, undefined, "type (relations)", "knows", "→ born", "1 to 9", "person", "2 more types",
  ]);
  assert.equal(lines[4].look.dash, "dashed");
  assert.deepEqual([lines[7].count, lines[7].off, lines[7].look.shape], ["1,200", true, "star"]);
});
