// The graph as it is shown: fed by snapshots and deltas, painted by either painter.

import { numbers, readEdges, readNodes } from "../kernel/columns.js";
import { sumOf } from "../kernel/digest.js";
import { GHOST, Graph } from "./graph.js";
import { Palette } from "./palette.js";
import { placeAll, placeNew, scatter } from "../layout/placement.js";

const SHORT_ID = 12;
const ALL = { has: () => true };
const NOTHING = { nodes: [], edges: [] };

function labelOf(node) {
  if (node.name) return node.name;
  return node.id.length > SHORT_ID + 4 ? `${node.id.slice(0, SHORT_ID)}…` : node.id;
}

function setMark(slots, slot, { mark }) {
  [slots.mark[2 * slot], slots.mark[2 * slot + 1]] = mark;
}

export class GraphStore {
  constructor(seed = 1) {
    this.seed = seed;
    this.graph = new Graph();
    this.palette = new Palette();
    this.types = new Map(); // type -> number of nodes
    this.remembered = new Map(); // where nodes were that are gone, should they come back
    this.ghosts = NOTHING; // gone in what is shown, drawn for a comparison
    this.loose = new Set(); // came without a neighbour, so that their place means nothing yet
    this.loading = null; // a large graph that arrives in parts
    this.partial = false; // or of which no more parts are wanted
  }

  /**
   * Apply the graph part of a payload. A graph too large for one payload comes in several: the
   * first of them is a snapshot, and `load` tells of each what there is in all and is here by now.
   * @returns {{added: string[], touched: {has(id)}, first: boolean}} Nodes that are new, ids of
   *   everything that changed, and whether nothing was there before.
   */
  apply(part, snapshot, load = null) {
    const { ghosts } = this;
    this.setGhosts(NOTHING);
    if (snapshot) Object.assign(this, { loading: null, partial: false });
    const result = load ? this.#load(part, load, snapshot) : this.#apply(part, snapshot);
    this.setGhosts(ghosts);
    return result;
  }

  /** Draw nodes and edges that are gone, where they were, instead of those drawn so before. */
  setGhosts({ nodes, edges }) {
    const { graph } = this;
    for (const { id } of this.ghosts.edges) if (this.#isGhostEdge(id)) graph.dropEdge(id);
    for (const { id } of this.ghosts.nodes) {
      if (!this.#isGhostNode(id)) continue;
      const { x, y } = graph.node(id);
      this.remembered.set(id, [x, y]);
      graph.dropNode(id);
    }
    this.ghosts = { nodes, edges };
    const homeless = new Set();
    for (const node of nodes) {
      if (graph.hasNode(node.id)) continue;
      const place = this.remembered.get(node.id);
      const slot = graph.addNode(node.id, { ...this.#looks(node), ghost: true });
      if (place) graph.move(slot, ...place);
      else homeless.add(slot);
    }
    for (const edge of edges) {
      if (graph.hasEdge(edge.id) || !graph.hasNode(edge.from) || !graph.hasNode(edge.to)) continue;
      graph.addEdge(edge.id, edge.from, edge.to, { ...this.#ties(edge), ghost: true });
    }
    placeNew(graph, homeless, this.seed);
  }

  /** Whether what is here adds up to a digest; true while a large graph is not here as a whole. */
  isAt(digest) {
    if (this.loading || this.partial) return true;
    const wanted = numbers(digest, Uint32Array);
    const { nodes, edges } = this.graph;
    const found = sumOf(nodes.mark, edges.mark);
    return found[0] === wanted[0] && found[1] === wanted[1];
  }

  #isGhostNode(id) {
    const { nodes } = this.graph;
    return nodes.has(id) && (nodes.flags[nodes.at(id)] & GHOST) > 0;
  }

  #isGhostEdge(id) {
    const { edges } = this.graph;
    return edges.has(id) && (edges.flags[edges.at(id)] & GHOST) > 0;
  }

  isGhost(id) {
    return this.graph.hasNode(id) ? this.#isGhostNode(id) : this.#isGhostEdge(id);
  }

  #looks(node) {
    return { label: labelOf(node), kind: node.type, color: this.palette.packed(node.type) };
  }

  #ties({ type, strength, both }) {
    return { kind: type, strength, both };
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
    for (const id of touched) this.#resize(this.graph.nodes.at(id));
    return { added, touched, first };
  }

  // -- a large graph, part by part ------------------------------------------------------------

  #load(part, load, snapshot) {
    const { graph } = this;
    const result = { added: [], touched: ALL, first: false };
    if (!snapshot && !this.loading) return result; // under way when no more was wanted
    const loading = (this.loading ??= {
      first: graph.order === 0, slots: [], added: [],
      nodes: new Set(graph.nodes.index.keys()), edges: new Set(graph.edges.index.keys()),
    });
    this.palette.reserve(part.nodes.types);
    for (const node of readNodes(part.nodes)) {
      if (loading.nodes.size) loading.nodes.delete(node.id);
      const isNew = this.#setNode(node, null);
      const slot = graph.nodes.at(node.id);
      loading.slots.push(slot);
      if (!isNew) continue;
      loading.added.push(node.id);
      if (loading.first) scatter(graph, slot, load.nodes, this.seed);
    }
    for (const edge of readEdges(part.edges, loading.slots)) {
      if (loading.edges.size) loading.edges.delete(edge.id);
      this.#setEdgeAt(edge, edge.from, edge.to);
    }
    const whole = load.nodes_here === load.nodes && load.edges_here === load.edges;
    return whole ? this.#loaded(loading) : result;
  }

  /** No more parts are to come: keep what is here, and what was there before. */
  halt() {
    this.partial = true;
    if (this.loading) this.#loaded({ ...this.loading, nodes: [], edges: [] });
  }

  #loaded({ first, added, nodes, edges }) {
    this.loading = null;
    for (const id of edges) this.#dropEdge(id, null);
    for (const id of nodes) this.#dropNode(id, null);
    this.#place(first ? [] : added, false);
    this.graph.forNodes((slot) => this.#resize(slot));
    return { added, touched: ALL, first };
  }

  #missing(nodes, edges) {
    const keptNodes = new Set(nodes.map((node) => node.id));
    const keptEdges = new Set(edges.map((edge) => edge.id));
    return {
      gone_nodes: this.graph.nodeIds().filter((id) => !keptNodes.has(id)),
      gone_edges: this.graph.edgeIds().filter((id) => !keptEdges.has(id)),
    };
  }

  #dropEdge(id, touched) {
    if (!this.graph.hasEdge(id)) return;
    for (const end of this.graph.extremities(id)) touched?.add(end);
    this.graph.dropEdge(id);
    touched?.add(id);
  }

  #dropNode(id, touched) {
    if (!this.graph.hasNode(id)) return;
    const { x, y, kind } = this.graph.node(id);
    this.remembered.set(id, [x, y]);
    if (touched) for (const other of this.graph.neighbors(id)) touched.add(other);
    this.graph.dropNode(id);
    this.#count(kind, -1);
    this.loose.delete(id);
    touched?.add(id);
  }

  #setNode(node, touched) {
    const { graph } = this;
    touched?.add(node.id);
    const slot = graph.nodes.at(node.id);
    if (slot < 0) {
      setMark(graph.nodes, graph.addNode(node.id, this.#looks(node)), node);
      this.#count(node.type, 1);
      return true;
    }
    const before = graph.kindAt(slot);
    if (before !== node.type) {
      this.#count(before, -1);
      this.#count(node.type, 1);
    }
    graph.setNode(node.id, this.#looks(node));
    setMark(graph.nodes, slot, node);
    return false;
  }

  #setEdge(edge, touched) {
    const { graph } = this;
    const [from, to] = [graph.nodes.at(edge.from), graph.nodes.at(edge.to)];
    if (from < 0 || to < 0) return; // an end has yet to arrive
    touched.add(edge.id).add(edge.from).add(edge.to);
    this.#setEdgeAt(edge, from, to);
  }

  #setEdgeAt(edge, from, to) {
    const { graph } = this;
    const { ends } = graph.edges;
    let slot = graph.edges.at(edge.id);
    if (slot >= 0 && ends[2 * slot] === from && ends[2 * slot + 1] === to) {
      graph.setEdge(slot, this.#ties(edge));
    } else {
      if (slot >= 0) graph.dropEdge(edge.id);
      slot = graph.addEdgeAt(edge.id, from, to, this.#ties(edge));
    }
    setMark(graph.edges, slot, edge);
  }

  #count(type, change) {
    const count = (this.types.get(type) ?? 0) + change;
    if (count > 0) this.types.set(type, count);
    else this.types.delete(type);
  }

  #place(added, first) {
    const { graph } = this;
    if (first) {
      placeAll(graph, this.seed);
    } else {
      const moving = new Set([...this.loose].filter((id) => graph.degree(id) > 0));
      for (const id of added) {
        const place = this.remembered.get(id);
        if (place) graph.move(graph.nodes.at(id), ...place);
        else moving.add(id);
      }
      placeNew(graph, new Set([...moving].map((id) => graph.nodes.at(id))), this.seed);
      for (const id of moving) {
        if (graph.degree(id) === 0) this.loose.add(id);
        else this.loose.delete(id);
      }
    }
    for (const id of added) this.remembered.delete(id);
  }

  #resize(slot) {
    if (slot < 0) return;
    this.graph.resize(slot, 4 + Math.min(2.2 * Math.sqrt(this.graph.nodes.degree[slot]), 14));
  }

  /** Smallest box around all nodes: {x: [min, max], y: [min, max]}. */
  box() {
    const { graph } = this;
    if (!graph.order) return { x: [-1, 1], y: [-1, 1] };
    const [x, y] = [[Infinity, -Infinity], [Infinity, -Infinity]];
    const { place } = graph.nodes;
    graph.forNodes((slot) => {
      const [left, top] = [place[2 * slot], place[2 * slot + 1]];
      if (left < x[0]) x[0] = left;
      if (left > x[1]) x[1] = left;
      if (top < y[0]) y[0] = top;
      if (top > y[1]) y[1] = top;
    });
    return { x, y };
  }

  positions() {
    const places = [];
    const { ids, place } = this.graph.nodes;
    this.graph.forNodes((slot) => places.push([ids[slot], [place[2 * slot], place[2 * slot + 1]]]));
    return Object.fromEntries(places); // of which an id may be "__proto__"
  }

  /** Ids of nodes whose label, id or type holds the text. */
  search(text, limit = 200) {
    const wanted = text.trim().toLowerCase();
    const found = [];
    if (!wanted) return found;
    const { graph } = this;
    const { ids } = graph.nodes;
    for (let slot = 0; slot < ids.length && found.length < limit; slot++) {
      if (ids[slot] === null) continue;
      const where = `${graph.labelAt(slot)}\n${graph.kindAt(slot)}\n${ids[slot]}`.toLowerCase();
      if (where.includes(wanted)) found.push(ids[slot]);
    }
    return found;
  }
}
