import assert from "node:assert/strict";
import { test } from "node:test";
import { rest, wake } from "../../src/common/resting.js";

test("of those out of sight the latest four keep what they have", () => {
  const released = [];
  const panels = [...Array(6).keys()].map((i) => () => released.push(i));
  panels.slice(0, 4).forEach(rest);
  wake(panels[1]); // seen again
  rest(panels[4]);
  assert.deepEqual(released, []);
  rest(panels[0]); // out of sight once more
  rest(panels[5]);
  assert.deepEqual(released, [2]);
  rest(panels[1]);
  assert.deepEqual(released, [2, 3]);
  panels.forEach(wake);
});

test("all copies of the code in one page share it", async () => {
  const copy = await import("../../src/common/resting.js?copy");
  const released = [];
  const panels = [...Array(5).keys()].map((i) => () => released.push(i));
  panels.forEach((panel, i) => (i % 2 ? copy : { rest }).rest(panel));
  assert.deepEqual(released, [0]);
});
