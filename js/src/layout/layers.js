// Layers of a directed graph: which layer each node is on, and where across it.

const SWEEPS = 8;
const ALIGNMENTS = 6;

function outgoing(count, from, to) {
  const starts = new Uint32Array(count + 1);
  for (const node of from) starts[node + 1]++;
  for (let n = 0; n < count; n++) starts[n + 1] += starts[n];
  const others = new Uint32Array(from.length);
  const next = starts.slice();
  for (let e = 0; e < from.length; e++) others[next[from[e]]++] = to[e];
  return { starts, others };
}

/** Which edges close a circle, when one goes depth first from the nodes without an edge to them. */
function closing(count, from, to, roots) {
  const { starts, others } = outgoing(count, from, to);
  const state = new Uint8Array(count); // 0: not seen, 1: on the way, 2: done
  const back = new Set();
  const stack = [];
  const next = starts.slice(0, count);
  for (const root of roots) {
    if (state[root]) continue;
    state[root] = 1;
    stack.push(root);
    while (stack.length) {
      const node = stack.at(-1);
      if (next[node] === starts[node + 1]) {
        state[node] = 2;
        stack.pop();
        continue;
      }
      const other = others[next[node]++];
      if (state[other] === 1) back.add(node * count + other);
      else if (!state[other]) {
        state[other] = 1;
        stack.push(other);
      }
    }
  }
  return back;
}

/** The longest way from a start to each node. */
function longest(count, from, to, roots) {
  const { starts, others } = outgoing(count, from, to);
  const waiting = new Uint32Array(count);
  for (const node of to) waiting[node]++;
  const layer = new Uint32Array(count);
  const ready = [...roots].filter((node) => !waiting[node]);
  for (let at = 0; at < ready.length; at++) {
    const node = ready[at];
    for (let i = starts[node]; i < starts[node + 1]; i++) {
      const other = others[i];
      layer[other] = Math.max(layer[other], layer[node] + 1);
      if (--waiting[other] === 0) ready.push(other);
    }
  }
  return layer;
}

/** Nodes that nothing leads to come down to just above the first they lead to. */
function pulled(count, from, to, layer) {
  const entered = new Uint8Array(count);
  const nearest = new Uint32Array(count).fill(0xffffffff);
  for (let e = 0; e < from.length; e++) {
    entered[to[e]] = 1;
    nearest[from[e]] = Math.min(nearest[from[e]], layer[to[e]]);
  }
  for (let n = 0; n < count; n++) {
    if (!entered[n] && nearest[n] !== 0xffffffff) layer[n] = nearest[n] - 1;
  }
  return layer;
}

/** Each node's neighbours on other layers, as `adjacency`, the layers above and below apart. */
function sides(count, from, to, layer) {
  const above = [[], []];
  const below = [[], []];
  for (let e = 0; e < from.length; e++) {
    const [a, b] = layer[from[e]] < layer[to[e]] ? [from[e], to[e]] : [to[e], from[e]];
    if (layer[a] === layer[b]) continue;
    above[0].push(b);
    above[1].push(a);
    below[0].push(a);
    below[1].push(b);
  }
  return [outgoing(count, ...above), outgoing(count, ...below)];
}

function meanOf({ starts, others }, node, place) {
  let sum = 0;
  for (let i = starts[node]; i < starts[node + 1]; i++) sum += place[others[i]];
  return sum / (starts[node + 1] - starts[node]);
}

/** Sort each layer by where its neighbours are, down and up again, so that fewer edges cross. */
function untangle(rows, place, sidesOf) {
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      const wanted = new Map();
      for (const node of row) {
        const mean = meanOf(sidesOf[down ? 0 : 1], node, place);
        wanted.set(node, Number.isNaN(mean) ? place[node] : mean);
      }
      row.sort((a, b) => wanted.get(a) - wanted.get(b) || place[a] - place[b]);
      row.forEach((node, i) => {
        place[node] = i - (row.length - 1) / 2;
      });
    }
  }
}

/** Move nodes towards the middle of their neighbours, in their order and one apart at least. */
function align(rows, place, sidesOf) {
  for (let turn = 0; turn < ALIGNMENTS; turn++) {
    const down = turn % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      const wanted = row.map((node) => {
        const mean = meanOf(sidesOf[down ? 0 : 1], node, place);
        return Number.isNaN(mean) ? place[node] : mean;
      });
      spread(wanted).forEach((x, i) => {
        place[row[i]] = x;
      });
    }
  }
}

/** The places nearest to the wanted ones that keep order and distance (pooled neighbours). */
export function spread(wanted) {
  const blocks = []; // [sum of wanted - offset, how many]
  wanted.forEach((x, i) => {
    blocks.push([x - i, 1]);
    while (blocks.length > 1) {
      const [last, before] = [blocks.at(-1), blocks.at(-2)];
      if (before[0] / before[1] <= last[0] / last[1]) break;
      blocks.pop();
      before[0] += last[0];
      before[1] += last[1];
    }
  });
  return blocks.flatMap(([sum, many]) => Array(many).fill(sum / many)).map((x, i) => x + i);
}

/**
 * @param graph {count, from, to, order}
 * @returns {{layer: Uint32Array, across: Float64Array}} From 0, the first; and places of which
 *   neighbours on a layer are 1 apart or more, around 0.
 */
export function layers({ count, from, to, order }) {
  const edges = [...from.keys()].filter((e) => from[e] !== to[e]);
  edges.sort((a, b) => order[from[a]] - order[from[b]] || order[to[a]] - order[to[b]]);
  const [starts, ends] = [from, to].map((side) => Uint32Array.from(edges, (e) => side[e]));
  const entered = new Uint8Array(count);
  for (const node of ends) entered[node] = 1;
  const all = [...Array(count).keys()];
  const roots = all.sort((a, b) => entered[a] - entered[b] || order[a] - order[b] || a - b);
  const back = closing(count, starts, ends, roots);
  const turned = Array.from(starts, (a, e) => back.has(a * count + ends[e]));
  const [f, t] = [starts.map((a, e) => (turned[e] ? ends[e] : a)), ends.map((b, e) => (turned[e] ? starts[e] : b))];
  const layer = pulled(count, f, t, longest(count, f, t, roots));
  const rows = [];
  for (const node of roots) (rows[layer[node]] ??= []).push(node);
  const filled = rows.filter(Boolean);
  const place = new Float64Array(count);
  for (const row of filled) {
    row.forEach((node, i) => {
      place[node] = i - (row.length - 1) / 2;
    });
  }
  const sidesOf = sides(count, f, t, layer);
  untangle(filled, place, sidesOf);
  align(filled, place, sidesOf);
  return { layer, across: place };
}
