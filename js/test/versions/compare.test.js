import assert from "node:assert/strict";
import { test } from "node:test";
import { Compare } from "../../src/versions/compare.js";

function comparing() {
  const asked = [];
  let changes = 0;
  const desk = {
    ask: (name, args) =>
      new Promise((resolve, reject) => asked.push({ name, args, resolve, reject })),
  };
  const compare = new Compare(desk, { changed: () => changes++ });
  return { asked, compare, changes: () => changes };
}

test("what differs is known by id, and forgotten at the end", async () => {
  const { asked, compare } = comparing();
  const started = compare.start({ id: "v", label: "v1" });
  assert.deepEqual(asked[0].args, { base: "v" });
  asked[0].resolve({ kinds: { a: "added" } });
  await started;
  assert.equal(compare.kind("a"), "added");
  assert.equal(compare.kind("b"), null);
  await compare.start(null);
  assert.equal(compare.active, false);
  assert.equal(compare.kind("a"), null);
});

test("of many calls meanwhile one more question comes, and its answer counts", async () => {
  const { asked, compare } = comparing();
  const started = compare.start({ id: "v", label: "v1" });
  compare.refresh();
  compare.refresh();
  asked[0].resolve({ kinds: { a: "added" } });
  await new Promise(setImmediate);
  assert.equal(asked.length, 2);
  asked[1].resolve({ kinds: { a: "changed" } });
  await started;
  assert.equal(compare.kind("a"), "changed");
});

test("another base takes the place of the one before, whose answer is ignored", async () => {
  const { asked, compare } = comparing();
  compare.start({ id: "v", label: "v1" });
  const second = compare.start({ id: "w", label: "v2" });
  asked[0].resolve({ kinds: { a: "added" } });
  await new Promise(setImmediate);
  assert.equal(compare.result, null);
  assert.deepEqual(asked[1].args, { base: "w" });
  asked[1].resolve({ kinds: { a: "changed" } });
  await second;
  assert.equal(compare.kind("a"), "changed");
});

test("an answer that comes after the end changes nothing", async () => {
  const { asked, compare, changes } = comparing();
  const started = compare.start({ id: "v", label: "v1" });
  await compare.start(null);
  asked[0].resolve({ kinds: { a: "added" } });
  await started;
  assert.equal(compare.result, null);
  assert.equal(changes(), 1);
});

test("a comparison that fails ends, and says so", async () => {
  const { asked, compare } = comparing();
  const started = compare.start({ id: "v", label: "v1" });
  asked[0].reject(new Error("no such version"));
  await assert.rejects(started, { message: "no such version" });
  assert.equal(compare.active, false);
});
