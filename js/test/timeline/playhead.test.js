import assert from "node:assert/strict";
import { test } from "node:test";
import { SPEEDS, pace } from "../../src/timeline/playhead.js";

const rate = (speed, events) => {
  const { step, wait } = pace(speed, events);
  return (step * 1000) / wait;
};

test("a short log is played at two events a second, a long one in half a minute", () => {
  assert.equal(rate(1, 20), 2);
  assert.ok(Math.abs(rate(1, 90_000) - 3000) < 1e-6);
});

test("every speed is so many times the first, in no more than about ten pictures a second", () => {
  for (const speed of SPEEDS) {
    for (const events of [10, 1000, 90_000]) {
      assert.ok(Math.abs(rate(speed, events) / rate(1, events) - speed) < 1e-6);
      assert.ok(pace(speed, events).wait > 60);
    }
  }
});
