import assert from "node:assert/strict";
import { test } from "node:test";
import { History, LEFT, RIGHT, apart, axis, bars, tickFormat } from "../src/history.js";

const version = (n, seq, branch = "main") => ({
  id: `id${n}`, label: `v${n}`, parents: n > 1 ? [`id${n - 1}`] : [], branch,
  description: "", author: "", time: 1_000_000_000 * n, seq,
});

function filled() {
  const history = new History();
  history.apply({ versions: [version(1, 10), version(2, 14), version(3, 40)] }, true);
  return history;
}

test("versions are kept once, in the order they came", () => {
  const history = filled();
  history.apply({ versions: [version(3, 40), version(4, 50)] }, false);
  assert.deepEqual(history.versions.map((v) => v.label), ["v1", "v2", "v3", "v4"]);
  assert.equal(history.version("id2").label, "v2");
  assert.equal(history.version("no"), null);
});

test("on even steps, versions stand equally far apart", () => {
  const history = filled();
  const { scale, at, last } = axis(history, "steps", 1000);
  const x = history.versions.map((v) => scale(at(v)));
  assert.ok(Math.abs(x[2] - x[1] - (x[1] - x[0])) < 1e-6);
  assert.equal(scale(last), 1000 - RIGHT);
});

test("by the clock, distances are those of time", () => {
  const history = new History();
  const rows = [version(1, 1), { ...version(2, 2), time: 2e9 }, { ...version(3, 3), time: 5e9 }];
  history.apply({ versions: rows }, true);
  const { scale, at } = axis(history, "time", 1000);
  const [a, b, c] = history.versions.map((v) => scale(at(v)));
  assert.equal(a, LEFT);
  assert.ok(Math.abs((c - b) / (b - a) - 3) < 1e-6);
});

test("bars between versions count the events between them, and those after the last", () => {
  assert.deepEqual(bars(filled(), "steps", 46).map((bar) => bar.count), [10, 4, 26, 5]);
  assert.deepEqual(bars(filled(), "steps", 41).map((bar) => bar.count), [10, 4, 26]);
});

test("bars by the clock follow the buckets, which a wider width replaces", () => {
  const history = new History();
  history.apply({ density: { width: 1e6, whole: true, counts: [[5, 3], [6, 1]] } }, true);
  history.apply({ density: { width: 1e6, whole: false, counts: [[6, 2]] } }, false);
  assert.deepEqual(bars(history, "time", 0).map((bar) => bar.count), [3, 2]);
  history.apply({ density: { width: 2e6, whole: true, counts: [[3, 5]] } }, false);
  assert.deepEqual(history.timeRange(), [6e6, 8e6]);
});

test("an empty history has a range to draw", () => {
  const { scale, last } = axis(new History(), "steps", 500);
  assert.ok(Number.isFinite(scale(last)));
  assert.ok(Number.isFinite(axis(new History(), "time", 500).scale(new Date(0))));
});

test("buttons keep their distance, and the newest comes first", () => {
  const rows = [version(1, 1), version(2, 2), version(3, 3), version(4, 4, "what-if")];
  const x = (v) => Number(v.label.slice(1)) * 10;
  assert.deepEqual(apart(rows, x, 15).map((v) => v.label), ["v1", "v3", "v4"]);
});

test("ticks are written as finely as they stand", () => {
  const date = new Date(2026, 10, 23, 14, 5, 9);
  assert.equal(tickFormat(60_000, "en")(date), "14:05");
  assert.equal(tickFormat(5_000, "en")(date), "14:05:09");
  assert.equal(tickFormat(86_400_000, "en")(date), "Nov 23");
  assert.equal(tickFormat(400 * 86_400_000, "en")(date), "2026");
});
