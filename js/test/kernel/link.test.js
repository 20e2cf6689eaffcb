import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { encode } from "@msgpack/msgpack";
import { Link } from "../../src/kernel/link.js";
import { frames } from "../helpers.js";

const page = new EventTarget();
Object.assign(globalThis, { document: Object.assign(page, { visibilityState: "visible" }), window: new EventTarget() });
mock.timers.enable({ apis: ["setTimeout", "setInterval"] });

function linked({ fits = () => true, payload = () => {} } = {}) {
  const [said, told] = [[], []];
  const model = { on() {}, off() {}, send: ({ type }) => said.push(type) };
  const link = new Link(model, "s", {
    payload, check: fits, gap: () => told.push("gap"), reply: () => {},
    away: (isAway) => told.push(isAway ? "away" : "here"), failed: (error) => told.push(error.message),
  });
  link.start();
  const hear = (list) => list.forEach((frame) => link.hear({ type: "frame", stream: "s" }, [encode(frame)]));
  return { link, model, said, told, hear };
}

test("what does not fit what the kernel shows is asked for again, and people are told in the end", () => {
  const { link, said, told, hear } = linked({ fits: () => false });
  for (let seq = 1; seq <= 3; seq++) hear(frames("snapshot", 0, seq, {}));
  assert.deepEqual(said, ["ready", "resync", "resync"]);
  assert.deepEqual(told, ["gap", "gap", "what is shown here is not what the kernel shows"]);
  link.destroy();
});

test("another protocol is not read but told of", () => {
  const { link, told, hear } = linked();
  hear(frames("snapshot", 0, 1, {}).map((frame) => ({ ...frame, protocol: 99 })));
  assert.match(told[0], /protocol 99, this page 2/);
  assert.equal(link.seq, 0);
  link.destroy();
});

test("a frame that cannot be read is as good as lost", () => {
  const { link, said, told } = linked();
  link.hear({ type: "frame", stream: "s" }, [Uint8Array.of(0xc1)]);
  assert.deepEqual([said.at(-1), told], ["resync", ["gap"]]);
  link.destroy();
});

test("an error while a payload is shown is told, and everything can be asked for anew", () => {
  let broken = true;
  const { link, said, told, hear } = linked({
    payload() {
      if (broken) throw new Error("no canvas");
    },
  });
  hear(frames("snapshot", 0, 1, {}));
  assert.deepEqual(told, ["no canvas"]);
  broken = false;
  link.again();
  assert.equal(said.at(-1), "resync");
  hear(frames("snapshot", 0, 2, {}));
  mock.timers.tick(100);
  assert.equal(said.at(-1), "ack");
  link.destroy();
});

test("a silent kernel is told of, and any word ends it", () => {
  const { link, said, told, hear } = linked();
  hear(frames("snapshot", 0, 1, {}));
  mock.timers.tick(20_000);
  assert.equal(said.at(-1), "hello");
  mock.timers.tick(10_000);
  assert.deepEqual(told, ["away"]);
  link.hear({ type: "ping", stream: "s", seq: 1 });
  assert.deepEqual([said.at(-1), told.at(-1)], ["ack", "here"]);
  link.destroy();
});

test("a comm that is gone is a silent kernel", () => {
  const { link, model, told } = linked();
  model.send = () => {
    throw new Error("no comm");
  };
  link.say("ack");
  assert.deepEqual(told, ["away"]);
  link.destroy();
});

test("who has heard nothing says so again and again", () => {
  const { link, said, told } = linked();
  mock.timers.tick(4000);
  mock.timers.tick(8000);
  assert.deepEqual(said, ["ready", "hello", "hello"]);
  assert.deepEqual(told, ["away"]);
  link.destroy();
});
