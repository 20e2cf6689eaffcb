import assert from "node:assert/strict";
import { test } from "node:test";

import { queueTexts, statusNews, storeText } from "../../src/versions/store_texts.js";

const online = { backend: "SpacetimeDB", state: "connected", identity: "c200aa11bb22", lag: 0.012, queued: { open: 0, aside: 0 } };
const offline = { ...online, state: "reconnecting", lag: null };
const cut = { ...offline, queued: null };

test("a store is named with who we are there and how fast it answers", () => {
  assert.equal(storeText(online), "SpacetimeDB · c200aa11 · 12 ms");
  assert.equal(storeText({ ...online, lag: 2.34 }), "SpacetimeDB · c200aa11 · 2.3 s");
  assert.equal(storeText({ backend: "memory", state: "connected", identity: null, lag: null, queued: null }), "memory");
});

test("a server that is away is said in words: offline where one goes on, reconnecting where not", () => {
  assert.equal(storeText(offline), "SpacetimeDB · c200aa11 · offline");
  assert.equal(storeText(cut), "SpacetimeDB · c200aa11 · reconnecting");
});

test("what waits for the server and what waits for the user are told apart", () => {
  assert.deepEqual(queueTexts(online), { waiting: "", toDecide: "" });
  assert.deepEqual(queueTexts(cut), { waiting: "", toDecide: "" });
  const both = { ...offline, queued: { open: 1234, aside: 2 } };
  assert.deepEqual(queueTexts(both), { waiting: "1,234 waiting for the server", toDecide: "2 for you to decide" });
});

test("going and coming back are told once, and not each write", () => {
  const busy = { ...offline, queued: { open: 3, aside: 0 } };
  assert.match(statusNews(online, offline), /^Offline: .* kept for it$/);
  assert.equal(statusNews(offline, busy), "");
  assert.equal(statusNews(busy, online), "Online again: what was kept is sent");
  assert.equal(statusNews({ ...online, queued: null }, cut), "The server is away");
  assert.equal(statusNews(cut, { ...online, queued: null }), "The server is back");
  assert.equal(statusNews(undefined, offline), "");
  assert.equal(statusNews(offline, { ...offline, state: "closed" }), "");
});

test("what is left to decide is told when it grows", () => {
  const aside = (count) => ({ ...online, queued: { open: 0, aside: count } });
  assert.equal(statusNews(offline, aside(1)), "Online again: what was kept is sent. 1 for you to decide");
  assert.equal(statusNews(aside(1), aside(2)), "2 for you to decide");
  assert.equal(statusNews(aside(2), aside(1)), "");
});
