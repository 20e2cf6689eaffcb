import assert from "node:assert/strict";
import { test } from "node:test";
import { turn, turnOf } from "../../src/layout/turning.js";

const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-4, `${a} is not ${b}`);

/** Points along a line at an angle, a little beside it. */
function line(angle, at = [3, -7]) {
  const places = new Float32Array(40);
  for (let i = 0; i < 20; i++) {
    const [along, aside] = [i - 9.5, i % 2 ? 0.5 : -0.5];
    places[2 * i] = at[0] + along * Math.cos(angle) - aside * Math.sin(angle);
    places[2 * i + 1] = at[1] + along * Math.sin(angle) + aside * Math.cos(angle);
  }
  return places;
}

const length = (places, axis) => {
  const values = [...places].filter((_, i) => i % 2 === axis);
  return Math.max(...values) - Math.min(...values);
};

test("the long axis comes to lie flat, whichever way it pointed, and distances stay", () => {
  for (let step = 0; step < 24; step++) {
    const places = line((step * Math.PI) / 12);
    const flat = turn(places.slice(), turnOf(places));
    assert.ok(length(flat, 0) > 18.9 && length(flat, 1) < 1.2, `step ${step}`);
    near(Math.hypot(flat[38] - flat[0], flat[39] - flat[1]), Math.hypot(places[38] - places[0], places[39] - places[1]));
  }
});

test("what lies flat stays as it is, and no turn is more than a quarter", () => {
  for (const angle of [0, 0.3, -0.3, 1.5, -1.5]) {
    const [cosine, sine] = turnOf(line(angle));
    assert.ok(cosine >= 0);
    assert.ok(Math.abs(angle) > 1.55 || sine * angle >= 0);
  }
  const [cosine] = turnOf(turn(line(1), turnOf(line(1))));
  near(cosine, 1);
});

test("what has no long axis is not turned: a ring, a point, nothing", () => {
  const ring = Float32Array.from({ length: 24 }, (_, i) => (i % 2 ? Math.sin : Math.cos)(((i >> 1) * Math.PI) / 6));
  for (const places of [ring, new Float32Array(2), new Float32Array(0)]) assert.equal(turnOf(places), null);
});
