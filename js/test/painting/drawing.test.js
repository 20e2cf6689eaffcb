import assert from "node:assert/strict";
import { test } from "node:test";
import { Camera, between } from "../../src/painting/camera.js";
import { alphaOf, blend, css, faded, packed } from "../../src/common/colours.js";
import { arrowOn, backwards, courseOf, distanceTo, lengthOf, pointOn } from "../../src/painting/curves.js";
import { Grid, encloses } from "../../src/painting/grid.js";
import { Taken, placed } from "../../src/painting/labels.js";

const near = (a, b, by = 1e-6) => assert.ok(Math.abs(a - b) < by, `${a} is not ${b}`);

function camera() {
  const made = new Camera();
  made.resize(1000, 600);
  made.hold({ x: [-50, 150], y: [10, 90] });
  return made;
}

test("at first the whole box is in sight, with room around it", () => {
  const made = camera();
  for (const corner of [[-50, 10], [150, 90]]) {
    const [x, y] = made.toScreen(corner);
    assert.ok(x >= 50 && x <= 950 && y >= 30 && y <= 570);
  }
  assert.deepEqual(made.toScreen([50, 50]).map(Math.round), [500, 300]);
});

test("screen to graph and back is where it began, wherever the camera is", () => {
  const made = camera();
  made.state = { x: 0.3, y: -0.2, zoom: 7 };
  const [x, y] = made.toScreen(made.toGraph([123, 45]));
  near(x, 123);
  near(y, 45);
});

test("zooming keeps the place under the pointer", () => {
  const made = camera();
  const place = made.toGraph([200, 100]);
  made.state = made.zoomed(3, [200, 100]);
  const [x, y] = made.toScreen(place);
  near(x, 200);
  near(y, 100);
  near(made.zoom, 3);
});

test("panning by pixels moves by pixels, and zoom has an end", () => {
  const made = camera();
  const before = made.toScreen([0, 50]);
  made.pan(30, -20);
  const after = made.toScreen([0, 50]);
  near(after[0] - before[0], 30);
  near(after[1] - before[1], -20);
  made.state = made.zoomed(1e9);
  assert.equal(made.zoom, made.maxZoom);
});

test("the middle stays in the middle when the window is resized", () => {
  const made = camera();
  made.state = made.centred([20, 30], 2);
  made.resize(400, 900);
  assert.deepEqual(made.toScreen([20, 30]).map(Math.round), [200, 450]);
});

test("a flight begins and ends where it should", () => {
  const [from, to] = [{ x: 0, y: 0, zoom: 1 }, { x: 2, y: -1, zoom: 16 }];
  assert.deepEqual(between(from, to, 0), from);
  assert.deepEqual(between(from, to, 1), to);
  near(between(from, to, 0.5).zoom, 4);
  assert.equal(between({ ...from, zoom: 49 }, { ...from, zoom: 1 }, 1).zoom, 1);
});

test("colours are read as style sheets write them, and written back", () => {
  assert.equal(css(packed("#a1b2c3")), "#a1b2c3");
  assert.equal(css(packed("#fff")), "#ffffff");
  assert.equal(css(packed("rgb(1, 2, 3)")), "#010203");
  assert.equal(css(packed("rgba(1, 2, 3, 0.5)")), "rgba(1,2,3,0.502)");
  assert.equal(packed("reddish"), null);
  near(alphaOf(faded(packed("#102030"), 0.2)), 0.2);
  assert.equal(css(blend(packed("#ffffff"), packed("#000000"), 0.5)), "#808080");
});

const [a, b] = [{ x: 0, y: 0 }, { x: 90, y: 0 }];

test("a straight edge is straight, a bent one leaves to one side and arrives", () => {
  const straight = courseOf(a, b, 0, 5);
  near(pointOn(straight, 0.5).y, 0);
  near(lengthOf(straight), 90, 0.01);
  const bent = courseOf(a, b, 2, 5);
  assert.deepEqual(pointOn(bent, 1), { x: 90, y: 0 });
  assert.ok(Math.abs(pointOn(bent, 0.5).y) > 8);
});

test("edges to and fro with the same bend lie apart", () => {
  const [to, fro] = [courseOf(a, b, -1, 5), courseOf(b, a, -1, 5)];
  near(pointOn(to, 0.5).y, -pointOn(fro, 0.5).y);
  assert.ok(Math.abs(pointOn(to, 0.5).y) > 4);
});

test("a loop leaves its node and returns, the next one further out", () => {
  const [first, second] = [0, 1].map((number) => courseOf(a, a, number, 10));
  assert.deepEqual(pointOn(first, 1), a);
  assert.ok(pointOn(first, 0.5).y < -20);
  assert.ok(pointOn(second, 0.5).y < pointOn(first, 0.5).y - 5);
});

test("the tip of an arrow is at the border of the node, and short edges have none", () => {
  const { tip, tail } = arrowOn(courseOf(a, b, 0, 5), 10, 6);
  near(tip.x, 80, 0.01);
  near(tail.x, 74, 0.01);
  near(arrowOn(backwards(courseOf(a, b, 0, 5)), 10, 6).tip.x, 10, 0.01);
  assert.equal(arrowOn(courseOf(a, { x: 12, y: 0 }, 0, 5), 10, 6), null);
});

test("distance to an edge is to its nearest part", () => {
  near(distanceTo(courseOf(a, b, 0, 5), { x: 45, y: 7 }, true), 7);
  near(distanceTo(courseOf(a, b, 0, 5), { x: 100, y: 0 }, true), 10);
});

test("the grid finds in a box what a look at all finds", () => {
  let state = 5;
  const next = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const place = Float32Array.from({ length: 2000 }, () => next() * 100 - 50);
  const slots = Array.from({ length: 1000 }, (_, i) => i).filter((i) => i % 7);
  const grid = new Grid(slots, place);
  for (let i = 0; i < 50; i++) {
    const [x, y] = [next() * 120 - 60, next() * 120 - 60];
    const box = { x: [x, x + next() * 40], y: [y, y + next() * 40] };
    const inside = (slot) =>
      place[2 * slot] >= box.x[0] && place[2 * slot] <= box.x[1] && place[2 * slot + 1] >= box.y[0] && place[2 * slot + 1] <= box.y[1];
    assert.deepEqual(grid.within(box).sort((p, q) => p - q), slots.filter(inside));
  }
});

test("the grid takes none, one, and many in one place", () => {
  assert.deepEqual(new Grid([], new Float32Array(0)).within({ x: [-1, 1], y: [-1, 1] }), []);
  assert.deepEqual(new Grid([0], Float32Array.of(3, 4)).within({ x: [3, 3], y: [4, 4] }), [0]);
  assert.deepEqual(new Grid([0, 1, 2], new Float32Array(6)).within({ x: [-1, 1], y: [-1, 1] }), [0, 1, 2]);
});

test("a line around encloses what is inside of it, also where it is bent inwards", () => {
  const horseshoe = [[0, 0], [10, 0], [10, 10], [7, 10], [7, 3], [3, 3], [3, 10], [0, 10]];
  assert.equal(encloses(horseshoe, 1, 8), true);
  assert.equal(encloses(horseshoe, 5, 8), false);
  assert.equal(encloses(horseshoe, 5, 1), true);
  const place = Float32Array.of(1, 8, 5, 8, 5, 1);
  assert.deepEqual(new Grid([0, 1, 2], place).inside(horseshoe).sort(), [0, 2]);
});

const label = (x, y, forced = false) => ({ x, y, radius: 5, width: 60, height: 15, forced });

test("a label goes to another side where the first is taken, and away where all are", () => {
  const taken = new Taken(400, 200);
  const first = placed(taken, label(100, 100));
  assert.ok(first.x > 100);
  const second = placed(taken, label(100, 104));
  assert.ok(second.x + second.width < 100 || second.y > 110 || second.y + second.height < 100);
  taken.take({ x: 0, y: 0, width: 400, height: 200 });
  assert.equal(placed(taken, label(200, 100)), null);
});

test("a label that is forced is placed all the same, and no two others overlap", () => {
  const taken = new Taken(300, 300);
  const boxes = [];
  for (let i = 0; i < 300; i++) {
    const box = placed(taken, label((i * 37) % 300, (i * 61) % 300));
    if (box) boxes.push(box);
  }
  assert.ok(boxes.length > 10);
  for (const [i, p] of boxes.entries()) {
    for (const q of boxes.slice(i + 1)) {
      const apart = p.x + p.width <= q.x || q.x + q.width <= p.x || p.y + p.height <= q.y || q.y + q.height <= p.y;
      assert.ok(apart, JSON.stringify([p, q]));
    }
  }
  assert.ok(placed(taken, label(150, 150, true)));
});

test("a label keeps off what is to be avoided, and an important one only where it can", () => {
  const taken = new Taken(400, 200);
  taken.avoid({ x: 120, y: 95, width: 10, height: 10 });
  assert.ok(placed(taken, label(100, 100)).x < 100);
  taken.avoid({ x: 0, y: 0, width: 400, height: 200 });
  assert.equal(placed(taken, label(200, 100)), null);
  assert.ok(placed(taken, { ...label(200, 100), important: true }).x > 200);
  assert.equal(placed(taken, { ...label(200, 100), width: 500, important: true }), null);
});
