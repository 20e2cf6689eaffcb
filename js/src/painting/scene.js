// The picture before it is painted: looks by slot, packed as both painters take them, and lists of
// what is drawn in which order.
//
// Of a node: its colour, and bits: radius * 64, then shape << 16, then RING, PINNED, HIDDEN.
// Of an edge: its colour, and bits: width * 32, then dash << 10, HEAD, TAIL, HIDDEN, bend << 24.

import { DASHES, PINNED as PINNED_FLAG } from "../model/graph.js";

export const RADIUS = 64;
export const WIDTH = 32;
export const RING = 1 << 20;
export const PINNED = 1 << 21;
export const HIDDEN = 1 << 22;
export const HEAD = 1 << 12; // an arrow at the end
export const TAIL = 1 << 13; // and one at the start
const UNSEEN = 1 << 14;

export const shapeOf = (bits) => (bits >>> 16) & 15;
export const radiusOf = (bits) => (bits & 0xffff) / RADIUS;
export const widthOf = (bits) => (bits & 1023) / WIDTH;
export const dashOf = (bits) => (bits >>> 10) & 3;
export const bendOf = (bits) => bits >> 24;

/** How opaque an edge is painted: the faint ones more, the closer one looks. */
export const gained = (alpha, gain) => (alpha >= 0.6 ? alpha : Math.min(0.6, alpha * gain));

class List {
  constructor() {
    this.slots = new Uint32Array(2048);
    this.length = 0;
  }

  add(slot) {
    if (this.length === this.slots.length) {
      const longer = new Uint32Array(2 * this.length);
      longer.set(this.slots);
      this.slots = longer;
    }
    this.slots[this.length++] = slot;
  }

  get view() {
    return this.slots.subarray(0, this.length);
  }

  /** A list of those for which it holds. */
  filter(holds) {
    const kept = new List();
    for (let i = 0; i < this.length; i++) if (holds(this.slots[i])) kept.add(this.slots[i]);
    return kept;
  }
}

const [STRAIGHT, CURVED, ABOVE] = [1, 2, 3]; // in which list an edge is; in none: 0
const LISTS = ["straight", "curved", "above", "nodes", "front"];

export class Scene {
  constructor(store, look) {
    Object.assign(this, { store, look, print: "", shape: -1, moves: -1, listed: 0, revision: 0 });
    this.nodes = new Uint32Array(0);
    this.edges = new Uint32Array(0);
    this.lists = Object.fromEntries(LISTS.map((name) => [name, new List()]));
  }

  /**
   * Take up what changed since the last time.
   * @param all Whether looks changed, beside the graph.
   * @returns {{nodes, edges, places}} Which slots changed, as Changes hand them over.
   */
  update(all) {
    const { graph } = this.store;
    const changed = Object.fromEntries(
      Object.entries(graph.changes).map(([name, changes]) => [name, changes.take()]),
    );
    if (!all && !changed.nodes.any && !changed.edges.any) return changed;
    const print = this.look.prepare();
    const sized = this.nodes.length === 2 * graph.nodes.capacity && this.edges.length === 2 * graph.edges.capacity;
    if (all || print !== this.print || !sized) {
      this.nodes = new Uint32Array(2 * graph.nodes.capacity);
      this.edges = new Uint32Array(2 * graph.edges.capacity);
      this.nodeLabels = new Uint8Array(graph.nodes.capacity);
      this.edgeLabels = new Uint8Array(graph.edges.capacity);
      this.nodeSorts = new Uint32Array(graph.nodes.capacity);
      this.edgeSorts = new Uint8Array(graph.edges.capacity);
      this.isListed = false;
      changed.nodes.all = changed.edges.all = true;
    }
    this.print = print;
    this.#alongWith(changed);
    this.#nodes(changed.nodes);
    this.#edges(changed.edges);
    if (!this.isListed) this.#list();
    this.revision++;
    this.plain = nodesArePlain(graph);
    return changed;
  }

  /** Edges are hidden and faint as their ends are. */
  #alongWith({ nodes, edges }) {
    if (nodes.all || edges.all) {
      edges.all = true;
      return;
    }
    const found = new Set(edges.slots);
    for (const slot of nodes.slots) this.store.graph.forEdgesAt(slot, (edge) => found.add(edge));
    edges.slots = [...found];
  }

  #nodes({ all, slots }) {
    const out = {};
    const { ids } = this.store.graph.nodes;
    if (all) for (let slot = 0; slot < ids.length; slot++) this.#node(slot, out);
    else for (const slot of slots) this.#node(slot, out);
  }

  #node(slot, out) {
    const { nodes } = this.store.graph;
    if (nodes.ids[slot] === null || nodes.ids[slot] === undefined) {
      this.nodes[2 * slot + 1] = HIDDEN;
      this.#sort(this.nodeSorts, slot, 0);
      return;
    }
    this.look.node(slot, out);
    let bits = Math.min(Math.round(out.radius * RADIUS), 0xffff) | (nodes.shape[slot] << 16);
    if (out.chosen) bits |= RING;
    if (out.hidden) bits |= HIDDEN;
    if (nodes.flags[slot] & PINNED_FLAG) bits |= PINNED;
    this.nodes[2 * slot] = out.color;
    this.nodes[2 * slot + 1] = bits;
    this.nodeLabels[slot] = out.label;
    this.#sort(this.nodeSorts, slot, out.hidden ? 0 : 2 + 2 * (bits & 0xffff) + (out.top ? 1 : 0));
  }

  /** Note where it belongs in the lists, nodes by size too; they are made anew where that changes. */
  #sort(sorts, slot, sort) {
    if (sorts[slot] === sort) return;
    sorts[slot] = sort;
    this.isListed = false;
  }

  #edges({ all, slots }) {
    const out = {};
    const { ids } = this.store.graph.edges;
    if (all) for (let slot = 0; slot < ids.length; slot++) this.#edge(slot, out);
    else for (const slot of slots) this.#edge(slot, out);
  }

  #edge(slot, out) {
    const { edges } = this.store.graph;
    if (edges.ids[slot] === null || edges.ids[slot] === undefined) {
      this.edges[2 * slot + 1] = UNSEEN;
      this.#sort(this.edgeSorts, slot, 0);
      return;
    }
    this.look.edge(slot, out);
    let bits = Math.min(Math.round(out.width * WIDTH), 1023) | (edges.dash[slot] << 10) | (edges.bend[slot] << 24);
    if (out.arrow === "to" || out.arrow === "both") bits |= HEAD;
    if (out.arrow === "from" || out.arrow === "both") bits |= TAIL;
    if (out.hidden) bits |= UNSEEN;
    this.edges[2 * slot] = out.color;
    this.edges[2 * slot + 1] = bits;
    this.edgeLabels[slot] = out.label;
    const loop = edges.ends[2 * slot] === edges.ends[2 * slot + 1];
    this.#sort(this.edgeSorts, slot, out.hidden ? 0 : out.top ? ABOVE : loop || edges.bend[slot] ? CURVED : STRAIGHT);
  }

  /** Sort into lists; where only a part is in sight, the rest is left out. */
  #list() {
    const { graph } = this.store;
    for (const name of LISTS) this.lists[name].length = 0;
    const { straight, curved, above, nodes, front } = this.lists;
    const lists = [null, straight, curved, above];
    for (let slot = 0; slot < graph.nodes.end; slot++) {
      const sort = this.nodeSorts[slot]; // odd in front
      if (sort) (sort & 1 ? front : nodes).add(slot);
    }
    for (let slot = 0; slot < graph.edges.end; slot++) lists[this.edgeSorts[slot]]?.add(slot);
    this.isListed = true;
    this.listed++;
  }

  isHidden(slot) {
    return (this.nodes[2 * slot + 1] & HIDDEN) > 0;
  }

  isEdgeHidden(slot) {
    return (this.edges[2 * slot + 1] & UNSEEN) > 0;
  }

  radius(slot) {
    return radiusOf(this.nodes[2 * slot + 1]);
  }
}

/** Whether all nodes are discs without icons. */
function nodesArePlain({ nodes, icons }) {
  return icons.texts.length === 1 && !nodes.shape.some((shape) => shape > 0);
}

export const DASH_PATTERNS = { [DASHES.indexOf("dashed")]: [6, 4], [DASHES.indexOf("dotted")]: [1.5, 3.5] };
