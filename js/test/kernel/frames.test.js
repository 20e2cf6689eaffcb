import assert from "node:assert/strict";
import { test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { Receiver, bytesOf, readFrame } from "../../src/kernel/frames.js";
import { frames } from "../helpers.js";

const feed = (receiver, list) => list.map((frame) => receiver.take(frame)).at(-1);

test("a frame is read from an unaligned view into a larger buffer", () => {
  const packed = encode({ stream: "s", seq: 7 });
  const padded = new Uint8Array(packed.length + 3);
  padded.set(packed, 3);
  const view = new DataView(padded.buffer, 3, packed.length);
  assert.deepEqual(readFrame(view), { stream: "s", seq: 7 });
  assert.equal(bytesOf(padded), padded);
});

test("a snapshot and the deltas on it are handed out in order", () => {
  const receiver = new Receiver("s");
  assert.deepEqual(feed(receiver, frames("snapshot", 0, 1, { a: 1 })), {
    snapshot: true,
    payload: { a: 1 },
  });
  assert.deepEqual(feed(receiver, frames("delta", 1, 2, { b: 2 })).payload, { b: 2 });
  assert.equal(receiver.seq, 2);
});

test("chunks are put together, and only the last yields the payload", () => {
  const receiver = new Receiver("s");
  const parts = frames("snapshot", 0, 1, { text: "x".repeat(1000) }, 100);
  assert.ok(parts.length > 5);
  const results = parts.map((frame) => receiver.take(frame));
  assert.ok(results.slice(0, -1).every((result) => result === null));
  assert.equal(results.at(-1).payload.text.length, 1000);
});

test("a missing delta is a gap, told once until a snapshot mends it", () => {
  const receiver = new Receiver("s");
  feed(receiver, frames("snapshot", 0, 1, {}));
  assert.equal(feed(receiver, frames("delta", 2, 3, {})), "gap");
  assert.equal(feed(receiver, frames("delta", 3, 4, {})), null);
  assert.ok(feed(receiver, frames("snapshot", 0, 5, {})).snapshot);
  assert.equal(feed(receiver, frames("delta", 6, 7, {})), "gap");
});

test("a missing chunk is a gap and applies nothing", () => {
  const receiver = new Receiver("s");
  const parts = frames("snapshot", 0, 1, { text: "x".repeat(500) }, 100);
  const results = parts.filter((_, i) => i !== 2).map((frame) => receiver.take(frame));
  assert.ok(results.includes("gap"));
  assert.equal(receiver.seq, 0);
});

test("a payload that comes twice is applied once", () => {
  const receiver = new Receiver("s");
  feed(receiver, frames("snapshot", 0, 1, {}));
  const delta = frames("delta", 1, 2, {});
  assert.ok(feed(receiver, delta));
  assert.equal(feed(receiver, delta), null);
});

test("a lost last payload shows when the kernel tells how far it is", () => {
  const receiver = new Receiver("s");
  feed(receiver, frames("snapshot", 0, 1, {}));
  assert.equal(receiver.isBehind(1), false);
  assert.equal(receiver.isBehind(2), true);
});

test("frames of another view pass by", () => {
  const receiver = new Receiver("other");
  assert.equal(feed(receiver, frames("snapshot", 0, 1, {})), null);
  assert.equal(receiver.seq, 0);
});
