// A graph made coarser, step by step: neighbours become one node, until few are left. Laid out from
// the coarsest to the finest, a large graph takes shape in few rounds.

const GOLDEN = Math.PI * (3 - Math.sqrt(5));
const FEW = 400;
const STALLED = 0.85; // of the nodes are left: nothing is gained by another step
const MOST_MERGED = 24; // nodes in one, so that a hub does not swallow all around it

/** The edges at each node, as {starts, others, weights}. */
function adjacency({ count, from, to, weight }) {
  const starts = new Uint32Array(count + 1);
  for (let i = 0; i < from.length; i++) {
    starts[from[i] + 1]++;
    starts[to[i] + 1]++;
  }
  for (let i = 0; i < count; i++) starts[i + 1] += starts[i];
  const next = starts.slice();
  const others = new Uint32Array(2 * from.length);
  const weights = new Float32Array(2 * from.length);
  const put = (a, b, w) => {
    weights[next[a]] = w;
    others[next[a]++] = b;
  };
  for (let i = 0; i < from.length; i++) {
    put(from[i], to[i], weight?.[i] ?? 1);
    put(to[i], from[i], weight?.[i] ?? 1);
  }
  return { starts, others, weights };
}

/** Which node of the coarser graph each node goes into. */
function grouped(level) {
  const { count } = level;
  const { starts, others, weights } = adjacency(level);
  const group = new Int32Array(count).fill(-1);
  const members = [];
  // Of the fewest neighbours first, or hubs would be taken by one of theirs and leave the rest.
  const degrees = Array.from({ length: count }, (_, i) => starts[i + 1] - starts[i]);
  const queue = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => degrees[a] - degrees[b] || a - b);
  let alone = -1; // a group of those without neighbours that has room
  for (const node of queue) {
    if (group[node] >= 0) continue;
    let [best, most] = [-1, 0];
    for (let i = starts[node]; i < starts[node + 1]; i++) {
      const other = others[i];
      if (other === node || (group[other] >= 0 && members[group[other]] >= MOST_MERGED)) continue;
      const pull = (weights[i] / level.mass[other]) * (group[other] < 0 ? 1 : 0.5);
      if (pull > most || (pull === most && other < best)) [best, most] = [other, pull];
    }
    if (best < 0) {
      if (degrees[node] || alone < 0 || members[alone] >= MOST_MERGED) members.push(0);
      group[node] = degrees[node] || alone < 0 || members[alone] >= MOST_MERGED ? members.length - 1 : alone;
      if (!degrees[node]) alone = group[node];
    } else {
      if (group[best] < 0) {
        group[best] = members.length;
        members.push(1);
      }
      group[node] = group[best];
    }
    members[group[node]]++;
  }
  return { group, count: members.length };
}

/** Edges between groups, those between the same two as one. */
function merged({ from, to, weight }, group, count) {
  const keys = new Float64Array(from.length);
  let kept = 0;
  const sums = new Map();
  for (let i = 0; i < from.length; i++) {
    const [a, b] = [group[from[i]], group[to[i]]];
    if (a === b) continue;
    const key = Math.min(a, b) * count + Math.max(a, b);
    const before = sums.get(key);
    if (before === undefined) keys[kept++] = key;
    sums.set(key, (before ?? 0) + (weight?.[i] ?? 1));
  }
  const sorted = keys.subarray(0, kept).sort();
  return {
    from: Uint32Array.from(sorted, (key) => Math.floor(key / count)),
    to: Uint32Array.from(sorted, (key) => key % count),
    weight: Float32Array.from(sorted, (key) => sums.get(key)),
  };
}

function coarser(level) {
  const { group, count } = grouped(level);
  const mass = new Float32Array(count);
  const place = new Float32Array(2 * count);
  for (let i = 0; i < level.count; i++) {
    const share = level.mass[i];
    mass[group[i]] += share;
    place[2 * group[i]] += share * level.place[2 * i];
    place[2 * group[i] + 1] += share * level.place[2 * i + 1];
  }
  for (let i = 0; i < count; i++) {
    place[2 * i] /= mass[i];
    place[2 * i + 1] /= mass[i];
  }
  return { count, mass, place, ...merged(level, group, count), finer: level, group };
}

/** The coarsest of the graphs that lead to this one; each knows the `finer` one and its `group`. */
export function coarsest(level) {
  let top = level;
  while (top.count > FEW) {
    const next = coarser(top);
    if (next.count > STALLED * top.count) break;
    top = next;
  }
  return top;
}

/** Put the nodes of the finer graph where those are that they went into, side by side. */
export function spreadOut({ finer, group, place, mass }) {
  const seen = new Uint32Array(mass.length);
  for (let i = 0; i < finer.count; i++) {
    const into = group[i];
    const nth = seen[into]++;
    const away = nth ? 2.5 * Math.sqrt(mass[into] * (nth / (nth + 2))) : 0;
    finer.place[2 * i] = place[2 * into] + away * Math.cos(nth * GOLDEN + into);
    finer.place[2 * i + 1] = place[2 * into + 1] + away * Math.sin(nth * GOLDEN + into);
  }
}
