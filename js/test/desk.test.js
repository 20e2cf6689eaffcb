import assert from "node:assert/strict";
import { test } from "node:test";
import { Desk } from "../src/desk.js";

const desk = () => {
  const sent = [];
  return { sent, desk: new Desk((message) => sent.push(message), "view") };
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
