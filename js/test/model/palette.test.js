import assert from "node:assert/strict";
import { test } from "node:test";
import { COLOURS, Palette } from "../../src/model/palette.js";

test("types get different colours while there are any", () => {
  const palette = new Palette();
  const types = COLOURS.map((_, i) => `type ${i}`);
  assert.equal(new Set(types.map((type) => palette.colour(type))).size, COLOURS.length);
});

test("a type keeps its colour, and order of arrival does not matter within a payload", () => {
  const [a, b] = [new Palette(), new Palette()];
  a.reserve(["x", "y", "z"]);
  b.reserve(["z", "y", "x"]);
  assert.deepEqual(["x", "y", "z"].map((t) => a.colour(t)), ["x", "y", "z"].map((t) => b.colour(t)));
});

test("the first types have lively colours, which are those of still pictures", () => {
  const palette = new Palette();
  palette.reserve(["person", "character", "\u{1f600}"]);
  const colours = ["person", "character", "\u{1f600}"].map((type) => palette.colour(type));
  assert.deepEqual(colours, ["#6aa84f", "#8e4ec6", "#e93d82"]); // also in tests/widgets/test_palette.py
});
