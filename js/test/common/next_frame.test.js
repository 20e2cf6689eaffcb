import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { NextFrame } from "../../src/common/next_frame.js";

let waiting = new Map();
let told = [];
const show = () => [...waiting.values()].forEach((run) => run(16));
const frame = (paint) => new NextFrame(paint, ({ message }) => told.push(message));

beforeEach(() => {
  [waiting, told] = [new Map(), []];
  let asked = 0;
  globalThis.requestAnimationFrame = (run) => {
    const id = ++asked;
    waiting.set(id, (time) => waiting.delete(id) && run(time));
    return id;
  };
  globalThis.cancelAnimationFrame = (id) => waiting.delete(id);
});

afterEach(() => {
  delete globalThis.requestAnimationFrame;
  delete globalThis.cancelAnimationFrame;
});

test("however often it is asked for, one picture is painted in a frame", () => {
  const times = [];
  const next = frame((time) => times.push(time));
  next.ask();
  next.ask();
  show();
  assert.deepEqual(times, [16]);
  next.ask();
  show();
  assert.deepEqual(times, [16, 16]);
});

test("what goes wrong in a picture is told, and the next one is painted", () => {
  let painted = 0;
  const next = frame(() => {
    painted += 1;
    if (painted === 1) throw new Error("no ink");
  });
  next.ask();
  show();
  next.ask();
  show();
  assert.deepEqual([painted, told], [2, ["no ink"]]);
});

test("a picture that is painted at once takes the place of the one asked for", () => {
  let painted = 0;
  const next = frame(() => (painted += 1));
  next.ask();
  next.now();
  show();
  assert.equal(painted, 1);
});

test("after the end nothing is painted", () => {
  const next = frame(() => assert.fail("painted"));
  next.ask();
  next.end();
  next.ask();
  show();
  assert.deepEqual([waiting.size, told], [0, []]);
});

test("what was taken back is not done, and can be asked for again", () => {
  let painted = 0;
  const next = frame(() => (painted += 1));
  next.ask();
  next.cancel();
  show();
  assert.equal(painted, 0);
  next.ask();
  show();
  assert.equal(painted, 1);
});
