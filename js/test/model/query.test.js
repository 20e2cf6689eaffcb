import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuery, writeQuery } from "../../src/model/query.js";

for (const text of [
  "", "type:person", "type:person|text tag:a has:born degree>=3 born>=1815", '"type:a b|c" "has:x y"', "-type:person ada",
  'ada "two words" -draft',
]) {
  test(`${text || "nothing"} is the same after a round through the check boxes`, () => {
    assert.equal(writeQuery(parseQuery(text)), text);
  });
}

test("what check boxes cannot say is kept as it was written", () => {
  const { types, has, degree, rest } = parseQuery('-type:a type:b degree>3 degree>=2 "has:c d" word');
  assert.deepEqual([[...types], [...has], degree, rest], [["b"], ["c d"], 2, "-type:a degree>3 word"]);
});
