// The graph as it is shown: fed by snapshots and deltas, painted by either painter.

import { MultiDirectedGraph } from "graphology";
import { readEdges, readNodes } from "./columns.js";
import { Palette } from "./palette.js";
import { placeAll, placeNew } from "./placement.js";

const SHORT_ID = 12;

function labelOf(node) {
  if (node.name) return node.name;
  return node.id.length > SHORT_ID + 4 ? `${node.id.slice(0, SHORT_ID)}…` : node.id;
}

export class GraphStore {
  constructor(seed = 1) {
    this.seed = seed;
    this.graph = new MultiDirectedGraph();
    this.palette = new Palette();
    this.types = new Map(); // type -> number of nodes
    this.remembered = new Map(); // where nodes were that are gone, should they come back
    this.ghosts = { nodes: [], edges: [] }; // gone in what is shown, drawn for a comparison
    this.loose = new Set(); // came without a neighbour, so that their place means nothing yet
  }

  /**
   * Apply the graph part of a payload.
   * @returns {{added: string[], touched: Set<string>, first: boolean}} Nodes that are new, ids of
   *   everything that changed, and whether nothing was there before.
   */
  apply(part, snapshot) {
    const { ghosts } = this;
    this.setGhosts({ nodes: [], edges: [] });
    const result = this.#apply(part, snapshot);
    this.setGhosts(ghosts);
    return result;
  }

  /** Draw nodes and edges that are gone, where they were, instead of those drawn so before. */
  setGhosts({ nodes, edges }) {
    const { graph } = this;
    for (const { id } of this.ghosts.edges) {
      if (graph.hasEdge(id) && graph.getEdgeAttribute(id, "ghost")) graph.dropEdge(id);
    }
    for (const { id } of this.ghosts.nodes) {
      if (!this.isGhost(id)) continue;
      const { x, y } = graph.getNodeAttributes(id);
      this.remembered.set(id, [x, y]);
      graph.dropNode(id);
    }
    this.ghosts = { nodes, edges };
    const homeless = new Set();
    for (const node of nodes) {
      if (graph.hasNode(node.id)) continue;
      const [x, y] = this.remembered.get(node.id) ?? [0, 0];
      if (!this.remembered.has(node.id)) homeless.add(node.id);
      graph.addNode(node.id, { ...this.#looks(node), x, y, size: 4, ghost: true });
    }
    for (const edge of edges) {
      if (graph.hasEdge(edge.id) || !graph.hasNode(edge.from) || !graph.hasNode(edge.to)) continue;
      const { from, to, type, strength, both } = edge;
      graph.addEdgeWithKey(edge.id, from, to, { label: type, kind: type, strength, both, ghost: true });
    }
    placeNew(graph, homeless, this.seed);
  }

  isGhost(id) {
    return this.graph.hasNode(id)
      ? Boolean(this.graph.getNodeAttribute(id, "ghost"))
      : this.graph.hasEdge(id) && Boolean(this.graph.getEdgeAttribute(id, "ghost"));
  }

  #looks(node) {
    return { label: labelOf(node), kind: node.type, color: this.palette.colour(node.type) };
  }

  #apply(part, snapshot) {
    const first = this.graph.order === 0;
    const nodes = [...readNodes(part.nodes)];
    const edges = [...readEdges(part.edges)];
    const touched = new Set();
    const gone = snapshot ? this.#missing(nodes, edges) : part;
    this.palette.reserve(part.nodes.types);
    for (const id of gone.gone_edges) this.#dropEdge(id, touched);
    for (const id of gone.gone_nodes) this.#dropNode(id, touched);
    const added = nodes.filter((node) => this.#setNode(node, touched)).map((node) => node.id);
    for (const edge of edges) this.#setEdge(edge, touched);
    this.#place(added, first);
    for (const id of touched) {
      if (this.graph.hasNode(id)) this.#resize(id);
    }
    return { added, touched, first };
  }

  #missing(nodes, edges) {
    const keptNodes = new Set(nodes.map((node) => node.id));
    const keptEdges = new Set(edges.map((edge) => edge.id));
    return {
      gone_nodes: this.graph.filterNodes((id) => !keptNodes.has(id)),
      gone_edges: this.graph.filterEdges((id) => !keptEdges.has(id)),
    };
  }

  #dropEdge(id, touched) {
    if (!this.graph.hasEdge(id)) return;
    for (const end of this.graph.extremities(id)) touched.add(end);
    this.graph.dropEdge(id);
    touched.add(id);
  }

  #dropNode(id, touched) {
    if (!this.graph.hasNode(id)) return;
    const { x, y, kind } = this.graph.getNodeAttributes(id);
    this.remembered.set(id, [x, y]);
    this.graph.forEachNeighbor(id, (other) => touched.add(other));
    this.graph.dropNode(id);
    this.#count(kind, -1);
    this.loose.delete(id);
    touched.add(id);
  }

  #setNode(node, touched) {
    const look = this.#looks(node);
    touched.add(node.id);
    if (this.graph.hasNode(node.id)) {
      const before = this.graph.getNodeAttribute(node.id, "kind");
      if (before !== node.type) {
        this.#count(before, -1);
        this.#count(node.type, 1);
      }
      this.graph.mergeNodeAttributes(node.id, look);
      return false;
    }
    this.graph.addNode(node.id, { ...look, x: 0, y: 0, size: 4 });
    this.#count(node.type, 1);
    return true;
  }

  #setEdge(edge, touched) {
    const look = { label: edge.type, kind: edge.type, strength: edge.strength, both: edge.both };
    touched.add(edge.id).add(edge.from).add(edge.to);
    if (this.graph.hasEdge(edge.id)) {
      const [from, to] = this.graph.extremities(edge.id);
      if (from === edge.from && to === edge.to) {
        this.graph.mergeEdgeAttributes(edge.id, look);
        return;
      }
      this.graph.dropEdge(edge.id);
    }
    this.graph.addEdgeWithKey(edge.id, edge.from, edge.to, look);
  }

  #count(type, change) {
    const count = (this.types.get(type) ?? 0) + change;
    if (count > 0) this.types.set(type, count);
    else this.types.delete(type);
  }

  #place(added, first) {
    if (first) {
      placeAll(this.graph, this.seed);
    } else {
      const joined = [...this.loose].filter((id) => this.graph.degree(id) > 0);
      const moving = new Set(joined);
      for (const id of added) {
        const place = this.remembered.get(id);
        if (place) this.graph.mergeNodeAttributes(id, { x: place[0], y: place[1] });
        else moving.add(id);
      }
      placeNew(this.graph, moving, this.seed);
      for (const id of moving) {
        if (this.graph.degree(id) === 0) this.loose.add(id);
        else this.loose.delete(id);
      }
    }
    for (const id of added) this.remembered.delete(id);
  }

  #resize(id) {
    const size = 4 + Math.min(2.2 * Math.sqrt(this.graph.degree(id)), 14);
    this.graph.setNodeAttribute(id, "size", size);
  }

  /** Smallest box around all nodes: {x: [min, max], y: [min, max]}. */
  box() {
    const x = [Infinity, -Infinity];
    const y = [Infinity, -Infinity];
    this.graph.forEachNode((_, node) => {
      x[0] = Math.min(x[0], node.x);
      x[1] = Math.max(x[1], node.x);
      y[0] = Math.min(y[0], node.y);
      y[1] = Math.max(y[1], node.y);
    });
    return this.graph.order ? { x, y } : { x: [-1, 1], y: [-1, 1] };
  }

  positions() {
    const places = {};
    this.graph.forEachNode((id, node) => {
      places[id] = [node.x, node.y];
    });
    return places;
  }

  /** Ids of nodes whose label, id or type holds the text. */
  search(text, limit = 200) {
    const wanted = text.trim().toLowerCase();
    const found = [];
    if (!wanted) return found;
    this.graph.someNode((id, node) => {
      const where = `${node.label}\n${node.kind}\n${id}`.toLowerCase();
      if (where.includes(wanted)) found.push(id);
      return found.length >= limit;
    });
    return found;
  }
}
