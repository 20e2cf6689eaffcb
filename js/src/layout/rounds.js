// Rounds of ForceAtlas2 over plain arrays: the same in the worker, on the page and under test.

import iterate from "graphology-layout-forceatlas2/iterate.js";
import { PER_NODE, matrices, roundsFor, settingsFor } from "./forces.js";
import { arranged } from "./layouts.js";
import { coarsest, spreadOut } from "./levels.js";
import { turn, turnOf } from "./turning.js";

const MANY = 2000; // nodes from which on the coarse shape comes first

/** How many rounds a level of a large graph gets: it begins well, and what is left is detail. */
function roundsAt(count) {
  if (count <= 1000) return 300;
  return Math.round(Math.max(12, Math.min(80, 250000 / count)));
}

/**
 * Lay out a graph, round by round.
 * @param task {order, place, from, to, fixed, rounds, layout, group, x, y}: of each node a number that gives the order
 *   to go through them, whatever order they came in; x and y; the ends of edges; and, or null, which
 *   nodes stay; a layout without rounds, or null, and what it needs of each node.
 * @yields {() => Float32Array} After every round, a function that gives all places so far.
 */
export function* solve(task) {
  if (task.layout) {
    const places = arranged(task.layout, { ...task, count: task.order.length }, task);
    yield () => places;
    return;
  }
  const { level, rank } = inOrder(task);
  const big = level.count > MANY && !task.fixed;
  let top = big ? coarsest(level) : level;
  const first = top;
  let flat = null; // chosen as soon as there is a shape, so that nothing spins
  while (top) {
    const rounds = task.rounds ?? (big ? roundsAt(top.count) : roundsFor(level.count));
    const { nodes, edges } = matrices(top);
    const settings = settingsFor(top.count);
    for (let round = 0; round < rounds; round++) {
      iterate(settings, nodes, edges);
      const places = () => placesOf(level, top, nodes, rank);
      const shaped = round === rounds >> 1 || (!big && round === rounds - 1);
      if (!task.fixed && top === first && shaped) flat = turnOf(places());
      yield () => (flat ? turn(places(), flat) : places());
    }
    takeOver(top, nodes);
    if (!top.finer) return;
    spreadOut(top);
    top = top.finer;
  }
}

/** The same graph whatever order it came in. */
function inOrder({ order, place, from, to, fixed }) {
  const count = order.length;
  const sorted = Uint32Array.from(order, (_, i) => i).sort((a, b) => order[a] - order[b]);
  const rank = new Uint32Array(count);
  sorted.forEach((node, i) => {
    rank[node] = i;
  });
  const mass = new Float32Array(count).fill(1);
  const keys = Float64Array.from(from, (node, i) => {
    mass[rank[node]]++;
    mass[rank[to[i]]]++;
    return rank[node] * count + rank[to[i]];
  }).sort();
  const level = {
    count, mass, place: new Float32Array(2 * count), fixed: fixed && new Uint8Array(count),
    from: Uint32Array.from(keys, (key) => Math.floor(key / count)),
    to: Uint32Array.from(keys, (key) => key % count),
  };
  for (let i = 0; i < count; i++) {
    level.place[2 * rank[i]] = place[2 * i];
    level.place[2 * rank[i] + 1] = place[2 * i + 1];
    if (fixed) level.fixed[rank[i]] = fixed[i];
  }
  return { level, rank };
}

function takeOver({ count, place }, nodes) {
  for (let i = 0; i < count; i++) {
    place[2 * i] = nodes[i * PER_NODE];
    place[2 * i + 1] = nodes[i * PER_NODE + 1];
  }
}

/** Where all nodes are, in the numbering of the task: those of finer graphs beside their groups. */
function placesOf(level, top, nodes, rank) {
  takeOver(top, nodes);
  for (let at = top; at.finer; at = at.finer) spreadOut(at);
  const places = new Float32Array(2 * level.count);
  for (let i = 0; i < level.count; i++) {
    places[2 * i] = level.place[2 * rank[i]];
    places[2 * i + 1] = level.place[2 * rank[i] + 1];
  }
  return places;
}
