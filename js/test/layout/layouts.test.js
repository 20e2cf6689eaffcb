import assert from "node:assert/strict";
import { test } from "node:test";
import { layers, spread } from "../../src/layout/layers.js";
import { arranged, axes, circular, grouped, layered } from "../../src/layout/layouts.js";
import { hash } from "../../src/common/random.js";

function graphOf(count, edges, name = (i) => `n${i}`) {
  return {
    count,
    from: Uint32Array.from(edges, ([a]) => a),
    to: Uint32Array.from(edges, ([, b]) => b),
    order: Float64Array.from({ length: count }, (_, i) => hash(name(i))),
  };
}

/** A graph of `count` nodes in which each, the first apart, points at one that came before it. */
function tree(count) {
  return graphOf(count, Array.from({ length: count - 1 }, (_, i) => [hash(`${i}`) % (i + 1), i + 1]));
}

const spot = (spots, n) => [spots[2 * n], spots[2 * n + 1]];
const far = ([a, b], [c, d]) => Math.hypot(a - c, b - d);

test("every edge of a graph without circles points to a later layer", () => {
  const graph = tree(500);
  const { layer } = layers(graph);
  graph.from.forEach((from, e) => assert.ok(layer[from] < layer[graph.to[e]]));
});

test("of a circle one edge points back, and a loop moves nothing", () => {
  const graph = graphOf(4, [[0, 1], [1, 2], [2, 3], [3, 0], [1, 1]]);
  const { layer } = layers(graph);
  const back = [...graph.from.keys()].filter((e) => layer[graph.from[e]] > layer[graph.to[e]]);
  assert.equal(back.length, 1);
  assert.deepEqual([...layer].sort(), [0, 1, 2, 3]);
});

test("nodes on one layer are one apart or more", () => {
  const { layer, across } = layers(tree(300));
  const rows = new Map();
  layer.forEach((l, n) => rows.set(l, [...(rows.get(l) ?? []), across[n]]));
  for (const row of rows.values()) {
    row.sort((a, b) => a - b);
    row.slice(1).forEach((x, i) => assert.ok(x - row[i] > 0.999));
  }
});

test("two chains side by side do not cross", () => {
  const { across } = layers(graphOf(6, [[0, 2], [1, 3], [2, 4], [3, 5]]));
  const sides = [[0, 1], [2, 3], [4, 5]].map(([a, b]) => Math.sign(across[a] - across[b]));
  assert.equal(new Set(sides).size, 1);
});

test("places are the nearest that keep order and distance", () => {
  assert.deepEqual(spread([0, 5, 9]), [0, 5, 9]);
  assert.deepEqual(spread([0, 0, 0]), [-1, 0, 1]);
  assert.deepEqual(spread([]), []);
});

for (const [direction, along] of [["down", [0, -1]], ["up", [0, 1]], ["right", [1, 0]], ["left", [-1, 0]]]) {
  test(`layers go ${direction}`, () => {
    const spots = layered(graphOf(2, [[0, 1]]), direction);
    const [a, b] = [spot(spots, 0), spot(spots, 1)];
    assert.deepEqual([b[0] - a[0], b[1] - a[1]].map(Math.sign), along);
  });
}

test("a circle has all nodes at one distance, and neighbours of a ring beside each other", () => {
  const ring = graphOf(12, Array.from({ length: 12 }, (_, i) => [i, (i + 1) % 12]));
  const spots = circular(ring);
  const radii = Array.from({ length: 12 }, (_, n) => Math.hypot(...spot(spots, n)));
  radii.forEach((radius) => assert.ok(Math.abs(radius - radii[0]) < 1e-3));
  ring.from.forEach((from, e) => assert.ok(far(spot(spots, from), spot(spots, ring.to[e])) < 1.1 * radii[0]));
});

test("groups are discs that do not touch", () => {
  const graph = tree(120);
  const group = Uint32Array.from({ length: 120 }, (_, n) => n % 5);
  const spots = grouped(graph, group);
  const middles = [0, 1, 2, 3, 4].map((g) => {
    const own = [...group.keys()].filter((n) => group[n] === g).map((n) => spot(spots, n));
    return own.reduce(([x, y], s) => [x + s[0] / own.length, y + s[1] / own.length], [0, 0]);
  });
  group.forEach((own, n) => {
    const away = middles.map((middle) => far(middle, spot(spots, n)));
    assert.equal(away.indexOf(Math.min(...away)), own);
  });
});

test("axes put more further right and up, what has no value aside, and equals apart", () => {
  const graph = graphOf(5, []);
  const spots = axes(graph, [0, 0.5, 1, NaN, 1], [1, 0.5, 0, 0.5, 0]);
  const xs = [0, 1, 2].map((n) => spots[2 * n]);
  assert.ok(xs[0] < xs[1] && xs[1] < xs[2]);
  assert.ok(spots[1] > spots[3] && spots[3] > spots[5]);
  assert.ok(spots[6] < xs[0]);
  assert.ok(far(spot(spots, 2), spot(spots, 4)) > 1);
});

for (const name of ["layered", "circular", "grouped", "axes"]) {
  test(`${name} gives every node a place of its own, the same whatever came first`, () => {
    const graph = tree(200);
    const data = {
      group: Uint32Array.from({ length: 200 }, (_, n) => n % 7),
      x: Float32Array.from({ length: 200 }, (_, n) => (n % 20) / 20),
      y: Float32Array.from({ length: 200 }, (_, n) => n / 200),
    };
    const spots = arranged({ name, direction: "down" }, graph, data);
    assert.ok(spots.every(Number.isFinite));
    assert.equal(new Set(Array.from({ length: 200 }, (_, n) => `${spot(spots, n)}`)).size, 200);

    const turn = (n) => 199 - n; // the same graph, its nodes and edges in another order
    const turned = {
      count: 200,
      from: graph.from.map(turn).reverse(),
      to: graph.to.map(turn).reverse(),
      order: graph.order.slice().reverse(),
    };
    const other = Object.fromEntries(Object.entries(data).map(([k, v]) => [k, v.slice().reverse()]));
    const again = arranged({ name, direction: "down" }, turned, other);
    for (let n = 0; n < 200; n++) assert.deepEqual(spot(again, turn(n)), spot(spots, n));
  });
}

test("nothing is laid out without a fuss", () => {
  for (const name of ["layered", "circular", "grouped", "axes"]) {
    assert.equal(arranged({ name, direction: "down" }, graphOf(0, []), { group: [], x: [], y: [] }).length, 0);
  }
});

test("forces and fixed places are not worked out here", () => {
  for (const name of ["force", "fixed"]) assert.equal(arranged({ name }, tree(3), {}), null);
});

test("ten thousand nodes are in layers within two seconds", () => {
  const graph = tree(10_000);
  const extra = Array.from({ length: 10_000 }, (_, i) => [hash(`a${i}`) % 10_000, hash(`b${i}`) % 10_000]);
  const wide = graphOf(10_000, [...Array.from(graph.from, (a, e) => [a, graph.to[e]]), ...extra]);
  const start = process.cpuUsage();
  layers(wide);
  const { user, system } = process.cpuUsage(start);
  assert.ok((user + system) / 1e6 < 2, `${(user + system) / 1e6} s of CPU`);
});
