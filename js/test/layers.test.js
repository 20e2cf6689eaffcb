import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
// From the lowest on; what lies beside them puts them together.
const FOLDERS = ["common", "kernel", "layout", "model", "painting", "graph", "timeline", "inspector", "versions", "."];

const folderOf = (path) => dirname(path).split(sep)[0];

function imports(file) {
  const text = readFileSync(join(SRC, file), "utf8");
  return [...text.matchAll(/from "(?:worker:)?(\.[^"]+)"/g)].map(([, name]) => relative(SRC, join(SRC, dirname(file), name)));
}

test("a folder knows only those below", () => {
  const files = readdirSync(SRC, { recursive: true }).filter((name) => name.endsWith(".js"));
  assert.deepEqual(new Set(files.map(folderOf)), new Set(FOLDERS));
  for (const file of files) {
    const height = FOLDERS.indexOf(folderOf(file));
    for (const name of imports(file)) assert.ok(FOLDERS.indexOf(folderOf(name)) <= height, `${file} knows ${name}`);
  }
});
