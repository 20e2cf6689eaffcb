import assert from "node:assert/strict";
import { test } from "node:test";
import { SPEEDS, anchors, pace, placeOf, seqAt } from "../src/playhead.js";

const versions = [{ seq: 10 }, { seq: 10 }, { seq: 30 }];
const pairs = anchors(versions, (version) => versions.indexOf(version), 40, 3);

test("events lie evenly between the versions that enclose them", () => {
  assert.deepEqual([0, 5, 10, 20, 30, 35, 40].map((seq) => placeOf(pairs, seq)), [
    -1, -0.5, 0, 1, 2, 2.5, 3,
  ]);
});

test("a place gives the position that lies nearest", () => {
  for (let seq = 0; seq <= 40; seq++) assert.equal(seqAt(pairs, placeOf(pairs, seq)), seq);
  assert.equal(seqAt(pairs, -5), 0);
  assert.equal(seqAt(pairs, 99), 40);
});

test("without versions the log lies between its ends", () => {
  const alone = anchors([], () => 0, 8, 1, 0);
  assert.equal(placeOf(alone, 4), 0.5);
  assert.deepEqual(anchors([], () => 0, 0, 1, 0), [[0, 0]]);
  assert.equal(placeOf([[0, 0]], 0), 0);
});

test("dates are places too", () => {
  const dated = anchors([{ seq: 2 }], () => new Date(1000), 4, new Date(3000), 0);
  assert.equal(placeOf(dated, 3), 2000);
});

test("every speed shows so many events a second, in no more than ten pictures", () => {
  for (const speed of SPEEDS) {
    const { step, wait } = pace(speed);
    assert.ok(wait >= 100);
    assert.equal((step * 1000) / wait, speed);
  }
});
