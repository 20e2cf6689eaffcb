import assert from "node:assert/strict";
import { test } from "node:test";
import { SHAPES } from "../src/graph.js";
import { pathOf } from "../src/legend.js";

test("every shape has a path of its own, closed", () => {
  const paths = SHAPES.map((shape) => pathOf(shape));
  assert.equal(new Set(paths).size, SHAPES.length);
  paths.forEach((path) => assert.match(path, /^M.*Z$/));
  assert.equal(pathOf(undefined), pathOf("circle"));
});
