import assert from "node:assert/strict";
import { test } from "node:test";
import { Axis, LEFT, RIGHT, Window, bars, tickFormat } from "../../src/timeline/axis.js";
import { History } from "../../src/model/history.js";
import { chosen } from "../../src/timeline/timeline_marks.js";
import { Rows } from "../../src/timeline/timeline_paint.js";
import { versionColumns } from "../helpers.js";

const version = (n, seq, branch = "main", parents = n > 1 ? [n - 1] : []) => ({
  id: `id${n}`, label: `v${n}`, parents: parents.map((p) => `id${p}`), branch,
  description: "", author: "", time: 1_000_000_000 * n, seq,
});

function history(rows, more = {}) {
  const made = new History();
  made.apply({ versions: versionColumns(rows), ...more });
  return made;
}

const filled = () => history([version(1, 10), version(2, 14), version(3, 40)]);

function whole(axis, width = 1000) {
  const window = new Window();
  window.width = width;
  window.show(axis.first, axis.last);
  return window;
}

test("versions go on where a part says, and replace what was there", () => {
  const made = filled();
  const rows = [version(1, 10), version(2, 14), version(3, 40), version(4, 50)];
  made.apply({ versions: versionColumns(rows, 3) });
  assert.deepEqual(made.labels, ["v1", "v2", "v3", "v4"]);
  made.apply({ versions: versionColumns([rows[0], { ...rows[1], label: "other" }], 1) });
  assert.deepEqual(made.labels, ["v1", "other"]);
  assert.equal(made.version("id2").label, "other");
  assert.equal(made.version("id3"), null);
  assert.equal(made.version("no"), null);
});

test("hundreds of versions keep their numbers", () => {
  const rows = Array.from({ length: 700 }, (_, i) => version(i + 1, 3 * i));
  const made = history(rows);
  assert.equal(made.at(699).seq, 2097);
  assert.equal(made.parents[0].values[699], 698);
});

test("tags name versions, and change", () => {
  const made = history([version(1, 10), version(2, 14)], { tags: [["first", "id1"], ["gone", "no"]] });
  assert.deepEqual(made.at(0).tags, ["first"]);
  made.apply({ tags: [["first", "id2"]] });
  assert.deepEqual([made.at(0).tags, made.at(1).tags], [[], ["first"]]);
});

test("branches that do not overlap share a row, and the first has one of its own", () => {
  const made = history([
    version(1, 1), version(2, 2, "a", [1]), version(3, 3, "main", [1, 2]),
    version(4, 4, "b", [3]), version(5, 5, "c", [3]), version(6, 6, "main", [3, 4]),
  ]);
  const rows = made.rows();
  assert.equal(rows.get("main"), 0);
  assert.equal(rows.get("a"), rows.get("b"));
  assert.notEqual(rows.get("b"), rows.get("c"));
});

test("lines that leave their lane are found wherever they begin or end", () => {
  const made = history([
    version(1, 1), version(2, 2, "a", [1]), ...Array.from({ length: 300 }, (_, i) => version(i + 3, i + 3, "main", [i ? i + 2 : 1])),
    version(303, 303, "main", [302, 2]),
  ]);
  const touching = (from, to) => [...made.crossings.touching(from, to)];
  assert.deepEqual(touching(0, 1), [[0, 1], [1, 302]]);
  assert.deepEqual(touching(100, 110), [[1, 302]]);
  assert.deepEqual(touching(302, 302), [[1, 302]]);
});

test("a version that does not follow the one before it on its branch begins a new run", () => {
  const made = history([version(1, 1), version(2, 2), version(3, 3, "main", [1])]);
  assert.deepEqual(made.lanes.get("main").runs, [[0, 1], [2, 2]]);
});

test("on even steps, versions stand equally far apart", () => {
  const axis = new Axis(filled(), "steps", 40);
  const window = whole(axis);
  const x = [0, 1, 2].map((i) => window.x(axis.at(i)));
  assert.ok(Math.abs(x[2] - x[1] - (x[1] - x[0])) < 1e-6);
  assert.equal(window.x(axis.last), 1000 - RIGHT);
});

test("by the clock, distances are those of time, which never goes back", () => {
  const axis = new Axis(history([version(1, 1), { ...version(2, 2), time: 2e9 }, { ...version(3, 3), time: 5e9 }, { ...version(4, 4), time: 1e9 }]), "time", 4);
  const window = whole(axis);
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => window.x(axis.at(i)));
  assert.equal(a, LEFT);
  assert.ok(Math.abs((c - b) / (b - a) - 3) < 1e-6);
  assert.equal(d, c);
});

test("versions between two places are found, of either kind of axis", () => {
  assert.deepEqual(new Axis(filled(), "steps", 40).between(0.5, 2), [1, 3]);
  assert.deepEqual(new Axis(filled(), "steps", 40).between(-1, 99), [0, 3]);
  assert.deepEqual(new Axis(filled(), "time", 40).between(1.5e6, 2e6), [1, 2]);
});

test("events lie evenly between the versions that enclose them, and places give positions", () => {
  const axis = new Axis(history([version(1, 10), version(2, 10), version(3, 30)]), "steps", 40);
  assert.deepEqual([0, 5, 10, 20, 30, 35, 40].map((seq) => axis.placeOf(seq)), [-1, -0.5, 0, 1, 2, 2.5, 3]);
  for (let seq = 0; seq <= 40; seq++) assert.equal(axis.seqAt(axis.placeOf(seq)), seq);
  assert.equal(axis.seqAt(-5), 0);
  assert.equal(axis.seqAt(99), 40);
});

test("without versions the log lies between the ends of the axis", () => {
  const axis = new Axis(new History(), "steps", 8);
  assert.equal(axis.placeOf(4), -0.5);
  assert.equal(new Axis(new History(), "steps", 0).seqAt(-1), 0);
  assert.ok(Number.isFinite(whole(new Axis(new History(), "time", 0)).x(0)));
});

test("bars between versions count the events between them, and those after the last", () => {
  const counts = (seq) => {
    const axis = new Axis(filled(), "steps", seq);
    return bars(axis, whole(axis), 5).map((bar) => bar.count);
  };
  assert.deepEqual(counts(46), [10, 4, 26, 5]);
  assert.deepEqual(counts(41), [10, 4, 26]);
});

test("where versions stand close, a bar counts many, and all bars together count all", () => {
  const axis = new Axis(history(Array.from({ length: 5000 }, (_, i) => version(i + 1, 3 * (i + 1)))), "steps", 15_001);
  const found = bars(axis, whole(axis), 5);
  assert.ok(found.length < 200);
  assert.equal(found.reduce((sum, bar) => sum + bar.count, 0), 15_000);
});

test("bars by the clock follow the buckets, which a wider width replaces", () => {
  const made = new History();
  const counts = () => {
    const axis = new Axis(made, "time", 0);
    return bars(axis, whole(axis), 5).map((bar) => bar.count);
  };
  made.apply({ density: { width: 1e6, whole: true, counts: [[5, 3], [6, 1]] } });
  made.apply({ density: { width: 1e6, whole: false, counts: [[6, 2]] } });
  assert.deepEqual(counts(), [3, 2]);
  made.apply({ density: { width: 2e6, whole: true, counts: [[3, 5]] } });
  assert.deepEqual(made.timeRange(), [6e6, 8e6]);
});

test("zooming keeps the place under the pointer, and the window stays on the axis", () => {
  const axis = new Axis(history(Array.from({ length: 50 }, (_, i) => version(i + 1, i))), "steps", 60);
  const window = whole(axis);
  const place = window.place(400);
  window.zoom(4, 400, axis);
  assert.ok(Math.abs(window.place(400) - place) < 1e-9);
  window.pan(-1000, axis);
  assert.equal(window.from, -1);
  window.zoom(1e-9, 400, axis);
  assert.deepEqual([window.from, window.to], [-1, 50]);
});

test("buttons keep their distance: what must be there first, then names, then the newest", () => {
  const rows = Array.from({ length: 100 }, (_, i) => version(i + 1, i));
  const made = history(rows, { tags: [["here", "id50"]] });
  const axis = new Axis(made, "steps", 100);
  const window = whole(axis);
  const found = chosen([7], axis, window, new Rows(made, 124));
  assert.ok([...found.values()].some((written) => !written));
  assert.ok([7, 49, 99].every((i) => found.get(i)));
  const spots = [...found.keys()].map((i) => window.x(axis.at(i)));
  assert.ok(spots.slice(1).every((x, i) => x - spots[i] >= 25));
  assert.ok(found.size > 20);
});

test("ticks are written as finely as they stand", () => {
  const date = new Date(2026, 10, 23, 14, 5, 9);
  assert.equal(tickFormat(60_000, "en")(date), "14:05");
  assert.equal(tickFormat(5_000, "en")(date), "14:05:09");
  assert.equal(tickFormat(86_400_000, "en")(date), "Nov 23");
  assert.equal(tickFormat(400 * 86_400_000, "en")(date), "2026");
});
