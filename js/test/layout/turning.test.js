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

const turned = (places) => turn(places.slice(), turnOf(places) ?? [1, 0]);

test("what is long comes to lie along the width, whichever way it pointed, and distances stay", () => {
  for (let step = 0; step < 24; step++) {
    const places = line((step * Math.PI) / 12);
    const flat = turned(places);
    assert.ok(length(flat, 0) > 16 && length(flat, 1) < 9.6, `step ${step}: ${length(flat, 0)} by ${length(flat, 1)}`);
    near(Math.hypot(flat[38] - flat[0], flat[39] - flat[1]), Math.hypot(places[38] - places[0], places[39] - places[1]));
  }
});

test("a tail that stands out decides, not where most of the nodes are", () => {
  const ring = Array.from({ length: 60 }, (_, i) => [10 * Math.cos(i / 9.55), 6 * Math.sin(i / 9.55)]).flat();
  const flat = turned(Float32Array.from([...ring, 0, 40]));
  assert.ok(length(flat, 0) > 1.5 * length(flat, 1));
});

test("no turn is more than a quarter, and what fills the stage stays as it is", () => {
  for (const angle of [0.8, -0.8, 1.2, -1.2, 1.5]) assert.ok(turnOf(line(angle))[0] >= 0);
  const places = turned(line(1));
  assert.deepEqual(turned(places), places);
});

test("what has no shape is not turned: a ring, a point, nothing", () => {
  const ring = Float32Array.from({ length: 240 }, (_, i) => (i % 2 ? Math.sin : Math.cos)(((i >> 1) * Math.PI) / 60));
  for (const places of [ring, new Float32Array(2), new Float32Array(0)]) assert.equal(turnOf(places), null);
});
