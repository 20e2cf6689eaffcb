import assert from "node:assert/strict";
import { test } from "node:test";
import { MergePlan } from "../../src/versions/merge_plan.js";

const conflict = (name) => ({ key: "e:a", path: ["properties", name], where: `e:a.properties.${name}` });
const preview = (open, resolved = []) => ({
  conflicts: open.map(conflict), resolved: resolved.map((name) => ["e:a", ["properties", name]]), done: false,
});
const idOf = (plan, name) => [...plan.cards.values()].find((c) => c.conflict.path[1] === name).id;

test("conflicts stay in the order they were first seen, resolved ones included", () => {
  const plan = new MergePlan("what-if");
  plan.update(preview(["x", "y"]));
  plan.choose(idOf(plan, "x"), "theirs");
  plan.update(preview(["y", "z"], ["x"]));
  assert.deepEqual([...plan.cards.values()].map((c) => [c.conflict.path[1], c.open]), [
    ["x", false], ["y", true], ["z", true],
  ]);
  assert.equal(plan.left, 2);
});

test("a conflict that another choice made vanish is forgotten, with its choice", () => {
  const plan = new MergePlan("what-if");
  plan.update(preview(["x", "y"]));
  plan.choose(idOf(plan, "y"), "ours");
  plan.update(preview(["x"]));
  assert.equal(plan.cards.size, 1);
  assert.deepEqual(plan.request, { source: "what-if", resolutions: [] });
});

test("the request carries each choice under its place", () => {
  const plan = new MergePlan("what-if");
  plan.update(preview(["x", "y"]));
  plan.choose(idOf(plan, "x"), "base");
  plan.choose(idOf(plan, "y"), { take: "value", kind: "int", text: "3" });
  assert.deepEqual(plan.request.resolutions, [
    { key: "e:a", path: ["properties", "x"], take: "base" },
    { key: "e:a", path: ["properties", "y"], take: "value", kind: "int", text: "3" },
  ]);
});

test("it is ready once nothing is left, and never before it was worked out", () => {
  const plan = new MergePlan("what-if");
  assert.equal(plan.ready, false);
  plan.update(preview(["x"]));
  assert.equal(plan.ready, false);
  plan.chooseAll("theirs");
  plan.update(preview([], ["x"]));
  assert.equal(plan.ready, true);
  plan.update({ ...preview([], ["x"]), done: true });
  assert.equal(plan.ready, false);
});

test("an error belongs to the conflict whose field it names, which is then open again", () => {
  const plan = new MergePlan("what-if");
  plan.update(preview(["x"]));
  plan.choose(idOf(plan, "x"), { take: "value", kind: "int", text: "1" });
  plan.update(preview([], ["x"]));
  assert.equal(plan.fail({ field: "e:a.properties.x", reason: "no number" }), true);
  assert.equal(plan.left, 1);
  assert.equal([...plan.cards.values()][0].error, "no number");
  assert.equal(plan.fail({ field: undefined }), false);
});
