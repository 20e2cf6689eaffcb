// Ways through the graph: what surrounds a node, and the shortest way between two.

/**
 * The shortest way between two nodes, whatever the direction of the relations.
 * @returns {string[] | null} Nodes and the relations between them, in turn; null where there is
 *   no way.
 */
export function shortestPath(graph, from, to) {
  const { nodes, edges } = graph;
  const [start, end] = [nodes.at(from), nodes.at(to)];
  const cameBy = new Map([[start, null]]); // node -> the relation and node it was reached by
  let wave = [start];
  while (wave.length && !cameBy.has(end)) {
    const next = [];
    for (const slot of wave) {
      graph.forEdgesAt(slot, (edge, other) => {
        if (cameBy.has(other)) return;
        cameBy.set(other, [edge, slot]);
        next.push(other);
      });
    }
    wave = next;
  }
  if (!cameBy.has(end)) return null;
  const path = [to];
  for (let step = cameBy.get(end); step; step = cameBy.get(step[1])) {
    path.unshift(nodes.ids[step[1]], edges.ids[step[0]]);
  }
  return path;
}

/** A node with its neighbours, added to what is in focus already. */
export function expanded(graph, focus, id) {
  return new Set([...(focus ?? []), id, ...graph.neighbors(id)]);
}
