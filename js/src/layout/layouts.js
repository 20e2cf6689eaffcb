// Where nodes go, by layouts that need no rounds of forces: pure functions on arrays.
//
// Each takes {count, from, to, order}: how many nodes there are, the ends of the edges as numbers,
// and for each node a number that its id alone decides, so that the same graph gives the same
// picture whatever came first. Each returns x and y, one node after the other; y grows upwards.

import { layers } from "./layers.js";

const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
const STEP = 20; // coordinates between neighbours
const SCREEN = 1.8; // how much wider than high
const MOST_STRETCH = 6;

/** Numbers of the nodes, by `order`. */
export function ordered(count, order) {
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  return all.sort((a, b) => order[a] - order[b] || a - b);
}

/** Edges by node: `others` holds the other ends of node n from `starts[n]` up to `starts[n + 1]`. */
export function adjacency(count, from, to) {
  const starts = new Uint32Array(count + 1);
  for (let e = 0; e < from.length; e++) {
    starts[from[e] + 1]++;
    starts[to[e] + 1]++;
  }
  for (let n = 0; n < count; n++) starts[n + 1] += starts[n];
  const others = new Uint32Array(2 * from.length);
  const next = starts.slice();
  for (let e = 0; e < from.length; e++) {
    others[next[from[e]]++] = to[e];
    others[next[to[e]]++] = from[e];
  }
  return { starts, others };
}

/** Nodes so that neighbours come one after the other: breadth first, the most connected first. */
function walk({ count, from, to, order }) {
  const { starts, others } = adjacency(count, from, to);
  const degree = (n) => starts[n + 1] - starts[n];
  const by = (a, b) => degree(b) - degree(a) || order[a] - order[b] || a - b;
  const seen = new Uint8Array(count);
  const found = [];
  for (const root of ordered(count, order).sort(by)) {
    if (seen[root]) continue;
    seen[root] = 1;
    found.push(root);
    for (let at = found.length - 1; at < found.length; at++) {
      const node = found[at];
      const fresh = [];
      for (let i = starts[node]; i < starts[node + 1]; i++) {
        if (seen[others[i]]) continue;
        seen[others[i]] = 1;
        fresh.push(others[i]);
      }
      found.push(...fresh.sort((a, b) => order[a] - order[b] || a - b));
    }
  }
  return found;
}

/** One circle, neighbours close to each other. */
export function circular(graph) {
  const spots = new Float32Array(2 * graph.count);
  const radius = Math.max((STEP * graph.count) / (2 * Math.PI), STEP);
  walk(graph).forEach((node, i) => {
    const angle = Math.PI / 2 - (2 * Math.PI * i) / graph.count;
    spots[2 * node] = radius * Math.cos(angle);
    spots[2 * node + 1] = radius * Math.sin(angle);
  });
  return spots;
}

/** Discs of radius `sizes[i]` on a spiral, the first in the middle, none over another. */
function packed(sizes) {
  const spots = [];
  let [angle, far] = [0, 0];
  sizes.forEach((size, i) => {
    const free = (x, y) => spots.every((s, j) => Math.hypot(s[0] - x, s[1] - y) >= size + sizes[j]);
    let spot = [0, 0];
    if (i) {
      far = Math.max(far - 2 * size, 0);
      do {
        angle += 0.35;
        far += size * 0.04;
        spot = [far * Math.cos(angle), far * Math.sin(angle)];
      } while (!free(...spot));
    }
    spots.push(spot);
  });
  return spots;
}

/** A disc of nodes for each value of `group`; the largest in the middle. */
export function grouped(graph, group) {
  const spots = new Float32Array(2 * graph.count);
  const members = new Map();
  for (const node of walk(graph)) {
    if (!members.has(group[node])) members.set(group[node], []);
    members.get(group[node]).push(node);
  }
  const discs = [...members].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]);
  const reach = discs.map(([, nodes]) => STEP * (0.9 + 0.75 * Math.sqrt(nodes.length)));
  packed(reach).forEach(([x, y], i) => {
    discs[i][1].forEach((node, j) => {
      const far = 0.62 * STEP * Math.sqrt(j);
      spots[2 * node] = x + far * Math.cos(j * GOLDEN_ANGLE);
      spots[2 * node + 1] = y + far * Math.sin(j * GOLDEN_ANGLE);
    });
  });
  return spots;
}

/** By two shares from 0 to 1; what has none stands in a row below or in a column at the left. */
export function axes({ count, order }, x, y) {
  const spots = new Float32Array(2 * count);
  const length = STEP * Math.max(10, 2 * Math.sqrt(count));
  const taken = new Map(); // nodes of the very same values stand beside each other
  for (const node of ordered(count, order)) {
    const at = [x[node], y[node]].map((share) => (Number.isNaN(share) ? -0.12 : share));
    const times = taken.get(`${at}`) ?? 0;
    taken.set(`${at}`, times + 1);
    const far = 0.3 * STEP * Math.sqrt(times);
    spots[2 * node] = at[0] * length * 1.5 + far * Math.cos(times * GOLDEN_ANGLE);
    spots[2 * node + 1] = at[1] * length + far * Math.sin(times * GOLDEN_ANGLE);
  }
  return spots;
}

const TURNS = {
  down: (across, along) => [across, -along],
  up: (across, along) => [across, along],
  right: (across, along) => [along, -across],
  left: (across, along) => [-along, -across],
};

/** In layers, so that edges point one way; edges against it are those that close a circle. */
export function layered(graph, direction = "down") {
  const { layer, across } = layers(graph);
  const spots = new Float32Array(2 * graph.count);
  const span = (values) => values.reduce((most, v) => Math.max(most, v), 0) - values.reduce((least, v) => Math.min(least, v), 0);
  const [width, depth] = [span(across), span(layer)];
  // About as wide as a screen is, unless that would stretch it beyond measure.
  const upright = direction === "down" || direction === "up";
  const wanted = (depth || 1) * (upright ? SCREEN : 1 / SCREEN);
  const wide = Math.min(Math.max(wanted / (width || 1), 0.5), MOST_STRETCH);
  const deep = Math.min(Math.max((width * wide) / wanted, 1), 4 * MOST_STRETCH);
  for (let n = 0; n < graph.count; n++) {
    [spots[2 * n], spots[2 * n + 1]] = TURNS[direction](across[n] * wide * 2 * STEP, layer[n] * deep * 2 * STEP);
  }
  return spots;
}

/** A layout by name, as nerv_lab/widgets/shown/arrangement.py describes them; null for forces. */
export function arranged({ name, direction }, graph, { group, x, y }) {
  if (name === "layered") return layered(graph, direction);
  if (name === "circular") return circular(graph);
  if (name === "grouped") return grouped(graph, group);
  if (name === "axes") return axes(graph, x, y);
  return null;
}
