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
    edgeWeightInfluence: 0,
    scalingRatio: 12,
    strongGravityMode: true,
    gravity: 0.06,
    slowDown: 1 + Math.log(Math.max(order, 1)),
    barnesHutOptimize: order > 800,
    barnesHutTheta: order > 5000 ? 1 : 0.7,
  };
}

/** How many rounds a graph of this many nodes gets; more would show little. */
export function roundsFor(order) {
  if (order <= 300) return 600;
  return Math.round(Math.max(50, Math.min(300, 900000 / order)));
}

/**
 * The graph as the algorithm takes it, nodes and edges in the order of their ids, so that the
 * result does not depend on the order in which they came.
 */
export function matrices(graph, moving = null) {
  const ids = graph.nodes().sort();
  const index = new Map(ids.map((id, i) => [id, i]));
  const nodes = new Float32Array(ids.length * PER_NODE);
  ids.forEach((id, i) => {
    const { x, y } = graph.getNodeAttributes(id);
    const at = i * PER_NODE;
    nodes[at] = x;
    nodes[at + 1] = y;
    nodes[at + MASS] = 1 + graph.degree(id);
    nodes[at + CONVERGENCE] = 1;
    nodes[at + SIZE] = 1;
    nodes[at + FIXED] = moving && !moving.has(id) ? 1 : 0;
  });
  const links = graph.edges().sort();
  const edges = new Float32Array(links.length * PER_EDGE);
  links.forEach((id, i) => {
    const [from, to] = graph.extremities(id);
    edges[i * PER_EDGE] = index.get(from) * PER_NODE;
    edges[i * PER_EDGE + 1] = index.get(to) * PER_NODE;
    edges[i * PER_EDGE + 2] = 1;
  });
  return { ids, nodes, edges };
}
