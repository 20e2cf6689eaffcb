import assert from "node:assert/strict";
import { test } from "node:test";
import { EventEmitter } from "../src/emitter.js";

test("handlers are called in the order they came, with what was sent, until they leave", () => {
  const emitter = new EventEmitter();
  const heard = [];
  const first = (x) => heard.push(["first", x]);
  emitter.on("moved", first).on("moved", (x) => heard.push(["second", x]));
  assert.equal(emitter.emit("moved", 1), true);
  emitter.removeListener("moved", first);
  emitter.emit("moved", 2);
  emitter.removeAllListeners();
  assert.equal(emitter.emit("moved", 3), false);
  assert.deepEqual(heard, [["first", 1], ["second", 1], ["second", 2]]);
});

test("a handler that leaves while it is called does not make another be missed", () => {
  const emitter = new EventEmitter();
  const heard = [];
  const once = () => {
    heard.push("once");
    emitter.removeListener("x", once);
  };
  emitter.on("x", once).on("x", () => heard.push("always"));
  emitter.emit("x");
  emitter.emit("x");
  assert.deepEqual(heard, ["once", "always", "always"]);
});
