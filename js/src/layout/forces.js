// A graph as ForceAtlas2 takes it, and how it is to be laid out.

export const PER_NODE = 10;
const PER_EDGE = 3;
const MASS = 6;
const CONVERGENCE = 7;
const SIZE = 8;
const FIXED = 9;

export function settingsFor(order) {
  return {
    linLogMode: false,
    outboundAttractionDistribution: false,
    adjustSizes: false,
    edgeWeightInfluence: 1,
    scalingRatio: 12,
    strongGravityMode: true,
    gravity: 0.06,
    slowDown: 1 + Math.log(Math.max(order, 1)),
    barnesHutOptimize: order > 800,
    barnesHutTheta: order > 5000 ? 1.2 : 0.7,
  };
}

/** How many rounds a graph of this many nodes gets; more would show little. */
export function roundsFor(order) {
  if (order <= 300) return 600;
  return Math.round(Math.max(50, Math.min(300, 900000 / order)));
}

/**
 * What the algorithm reads and writes.
 * @param level {count, place, mass, from, to, weight}, and `fixed` where some nodes stay.
 */
export function matrices({ count, place, mass, from, to, weight, fixed }) {
  const nodes = new Float32Array(count * PER_NODE);
  for (let i = 0; i < count; i++) {
    const at = i * PER_NODE;
    nodes[at] = place[2 * i];
    nodes[at + 1] = place[2 * i + 1];
    nodes[at + MASS] = mass[i];
    nodes[at + CONVERGENCE] = 1;
    nodes[at + SIZE] = 1;
    nodes[at + FIXED] = fixed?.[i] ?? 0;
  }
  const edges = new Float32Array(from.length * PER_EDGE);
  for (let i = 0; i < from.length; i++) {
    edges[i * PER_EDGE] = from[i] * PER_NODE;
    edges[i * PER_EDGE + 1] = to[i] * PER_NODE;
    edges[i * PER_EDGE + 2] = weight?.[i] ?? 1;
  }
  return { nodes, edges };
}
