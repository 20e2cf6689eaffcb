// Ways through the graph: what surrounds a node, and the shortest way between two.

/**
 * The shortest way between two nodes, whatever the direction of the relations.
 * @returns {string[] | null} Nodes and the relations between them, in turn; null where there is
 *   no way.
 */
export function shortestPath(graph, from, to) {
  const cameBy = new Map([[from, null]]); // node -> the relation and node it was reached by
  let edge = [from];
  while (edge.length && !cameBy.has(to)) {
    const next = [];
    for (const id of edge) {
      graph.forEachEdge(id, (relation, _, a, b) => {
        const other = a === id ? b : a;
        if (cameBy.has(other)) return;
        cameBy.set(other, [relation, id]);
        next.push(other);
      });
    }
    edge = next;
  }
  if (!cameBy.has(to)) return null;
  const path = [to];
  for (let step = cameBy.get(to); step; step = cameBy.get(step[1])) path.unshift(step[1], step[0]);
  return path;
}

/** A node with its neighbours, added to what is in focus already. */
export function expanded(graph, focus, id) {
  return new Set([...(focus ?? []), id, ...graph.neighbors(id)]);
}
