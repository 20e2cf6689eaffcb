// Rounds of ForceAtlas2 over plain arrays: the same in the worker, on the page and under test.

import iterate from "graphology-layout-forceatlas2/iterate.js";
import { PER_NODE } from "./forces.js";

export function run(settings, nodes, edges, rounds) {
  for (let round = 0; round < rounds; round++) iterate(settings, nodes, edges);
}

/** x and y of every node, one after the other. */
export function spots(nodes) {
  const flat = new Float32Array((nodes.length / PER_NODE) * 2);
  for (let i = 0; i < flat.length / 2; i++) {
    flat[2 * i] = nodes[i * PER_NODE];
    flat[2 * i + 1] = nodes[i * PER_NODE + 1];
  }
  return flat;
}
