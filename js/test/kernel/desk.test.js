import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Desk } from "../../src/kernel/desk.js";

mock.timers.enable({ apis: ["setTimeout"] });

const desk = () => {
  const [sent, late] = [[], []];
  const on = { late: (command) => late.push(command && { name: command.name, done: command.done, asked: command.asked }) };
  return { sent, late, desk: new Desk((message) => sent.push(message), "view", on) };
};

test("a reply settles the command it answers, and no other", async () => {
  const { sent, desk: d } = desk();
  const [first, second] = [d.ask("inspect", { id: "a" }), d.ask("commit", {})];
  d.hear({ id: sent[1].id, ok: true, result: 2 });
  d.hear({ id: "other:1", ok: true, result: 9 });
  d.hear({ id: sent[0].id, ok: true, result: 1 });
  assert.deepEqual(await Promise.all([first, second]), [1, 2]);
});

test("an error reply fails with a text for people", async () => {
  const { sent, desk: d } = desk();
  const asked = d.ask("commit", {});
  d.hear({ id: sent[0].id, ok: false, error: { kind: "ValidationError", text: "say what" } });
  await assert.rejects(asked, { message: "say what", kind: "ValidationError" });
});

test("a command without a reply is told of, and sent again under the same id", async () => {
  const { sent, late, desk: d } = desk();
  const asked = d.ask("at", { seq: 3 });
  mock.timers.tick(499);
  assert.deepEqual(late, []);
  mock.timers.tick(1);
  assert.deepEqual(late, [{ name: "at", done: 0, asked: 1 }]);
  mock.timers.tick(3000);
  mock.timers.tick(6000);
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent.map((message) => JSON.stringify(message))).size, 1);
  d.hear({ type: "reply", id: sent[0].id, ok: true, result: 1 });
  d.hear({ type: "reply", id: sent[0].id, ok: true, result: 1 });
  assert.equal(await asked, 1);
  assert.equal(late.at(-1), null);
  mock.timers.tick(100_000);
  assert.equal(sent.length, 3);
});

test("word of how far a command is counts as a sign of life", () => {
  const { sent, late, desk: d } = desk();
  d.ask("at", { seq: 3 });
  mock.timers.tick(500);
  d.hear({ type: "progress", id: sent[0].id, done: 5, total: 9 });
  assert.deepEqual(late.at(-1), { name: "at", done: 5, asked: 1 });
  d.close();
});

test("what is stopped fails at once, and the kernel is told", async () => {
  const { sent, late, desk: d } = desk();
  const asked = d.ask("at", { seq: 3 });
  mock.timers.tick(500);
  d.stop(sent[0].id);
  await assert.rejects(asked, { kind: "Stopped" });
  assert.deepEqual(sent.at(-1), { type: "stop", id: sent[0].id });
  assert.equal(late.at(-1), null);
});

test("what is followed is told to who follows it alone, until it has its reply", async () => {
  const { sent, late, desk: d } = desk();
  const heard = [];
  const asked = d.ask("preview", {}, { follow: (command) => heard.push(command && command.done) });
  mock.timers.tick(500);
  d.hear({ type: "progress", id: sent[0].id, done: 5, total: 9 });
  d.hear({ type: "reply", id: sent[0].id, ok: true, result: 1 });
  assert.equal(await asked, 1);
  assert.deepEqual([heard, late], [[0, 5, null], []]);
});

test("a signal stops a command, and nothing once it has its reply", async () => {
  const { sent, desk: d } = desk();
  const [one, other] = [new AbortController(), new AbortController()];
  const stopped = d.ask("merge", {}, { signal: one.signal });
  const answered = d.ask("merge", {}, { signal: other.signal });
  d.hear({ type: "reply", id: sent[1].id, ok: true, result: 1 });
  await answered;
  one.abort();
  other.abort();
  await assert.rejects(stopped, { kind: "Stopped" });
  assert.deepEqual(sent.slice(2), [{ type: "stop", id: sent[0].id }]);
});
