// The graph in typed arrays. Both painters, the layout and the panels read it; GraphStore writes it.
//
// Nodes and edges have ids (texts) and slots (numbers, used again once free). By id:
//
//   order, size                    how many nodes and edges there are
//   hasNode(id), hasEdge(id)
//   node(id), edge(id)             what is known, as an object; null where there is none
//   nodeIds(), edgeIds()
//   degree(id), neighbors(id), extremities(id), edgesOf(id)
//
// By slot, for what goes through all of them: `graph.nodes` and `graph.edges` hold columns, and
// `forNodes(visit)`, `forEdges(visit)`, `forEdgesAt(slot, visit)` go through slots in use.
//
// How things look is set by id, and stays until it is set otherwise or the thing goes; null gives
// back what would be there without:
//
//   styleNode(id, {color, size, shape, icon, label})
//     color   "#rrggbb", "#rrggbbaa" or "rgb(…)"; default: that of the type
//     size    radius in pixels before zoom, for a graph of 40 nodes; default: by degree, 4 to 18
//     shape   one of SHAPES
//     icon    a character or emoji, drawn on the node
//     label   text; "" for none; default: the name
//   styleEdge(id, {color, width, dash, arrow, label})
//     color   as above; default: a tone of the theme
//     width   pixels; default: by strength
//     dash    one of DASHES
//     arrow   one of ARROWS; default: "to", or "none" where both ways are meant
//     label   text, shown wherever there is room; "" for none; default: the type, of what is chosen
//
// `pin(id, pinned)` keeps a node where it is whatever the layout does. Every write notes what it
// changed in `changes`, so that painters take up only that.

import { css, packed } from "../common/colours.js";
import { fraction, hash } from "../common/random.js";
import { Changes, Names, Slots } from "./slots.js";

export const SHAPES = ["circle", "square", "diamond", "triangle", "hexagon", "star"];
export const DASHES = ["solid", "dashed", "dotted"];
export const ARROWS = ["to", "none", "from", "both"];

export const GHOST = 1; // gone, drawn for a comparison
export const PINNED = 2;
export const BOTH = 4; // an edge that is meant both ways
const MAX_BEND = 120;

const NODE_COLUMNS = {
  place: [Float32Array, 2],
  size: [Float32Array, 1],
  color: [Uint32Array, 1],
  kind: [Uint32Array, 1],
  flags: [Uint8Array, 1],
  degree: [Uint32Array, 1],
  first: [Uint32Array, 1], // 1 + the first of its half edges
  order: [Float64Array, 1], // decided by the id alone: the same order whatever came first
  shape: [Uint8Array, 1],
  icon: [Uint16Array, 1],
  ownColor: [Uint32Array, 1], // 0: that of the type
  ownSize: [Float32Array, 1], // 0: by degree
  mark: [Uint32Array, 2], // what it adds to the digest
};

const EDGE_COLUMNS = {
  ends: [Uint32Array, 2],
  next: [Uint32Array, 2], // 1 + the next half edge of the same node
  prev: [Uint32Array, 2],
  kind: [Uint32Array, 1],
  strength: [Float32Array, 1],
  flags: [Uint8Array, 1],
  bend: [Int8Array, 1], // how far it is bent, seen from its start; of a loop, its number
  dash: [Uint8Array, 1],
  arrow: [Uint8Array, 1], // 1 + its number in ARROWS; 0: as it is meant
  ownColor: [Uint32Array, 1],
  ownWidth: [Float32Array, 1],
  mark: [Uint32Array, 2],
};

function choose(options, name, field) {
  const number = options.indexOf(name);
  if (number < 0) throw new Error(`${field} must be one of ${options.join(", ")}, not ${name}`);
  return number;
}

function colourOf(text) {
  const colour = text === null ? 0 : packed(text);
  if (colour === null) throw new Error(`color must be "#rrggbb" or "rgb(…)", not ${text}`);
  return colour;
}

function setText(texts, slot, text) {
  if (text === null) texts.delete(slot);
  else texts.set(slot, text);
}

export class Graph {
  constructor() {
    this.nodes = new Slots(NODE_COLUMNS);
    this.edges = new Slots(EDGE_COLUMNS);
    this.kinds = new Names(); // types of nodes
    this.edgeKinds = new Names();
    this.icons = new Names("");
    this.labels = []; // by slot
    this.ownLabels = new Map(); // slot -> text, as styled
    this.ownEdgeLabels = new Map();
    this.changes = { nodes: new Changes(), edges: new Changes(), places: new Changes() };
    this.shape = 0; // grows whenever something comes or goes
    this.moves = 0; // grows whenever something moves
    this.pinned = 0;
  }

  get order() {
    return this.nodes.count;
  }

  get size() {
    return this.edges.count;
  }

  hasNode(id) {
    return this.nodes.has(id);
  }

  hasEdge(id) {
    return this.edges.has(id);
  }

  nodeIds() {
    return [...this.nodes.index.keys()];
  }

  edgeIds() {
    return [...this.edges.index.keys()];
  }

  node(id) {
    const slot = this.nodes.at(id);
    if (slot < 0) return null;
    const { place, size, flags, degree } = this.nodes;
    return {
      id, slot, label: this.labelAt(slot), kind: this.kindAt(slot), color: css(this.colorAt(slot)),
      x: place[2 * slot], y: place[2 * slot + 1], size: size[slot], degree: degree[slot],
      ghost: (flags[slot] & GHOST) > 0, pinned: (flags[slot] & PINNED) > 0,
    };
  }

  edge(id) {
    const slot = this.edges.at(id);
    if (slot < 0) return null;
    const [from, to] = this.extremities(id);
    const { kind, strength, flags } = this.edges;
    return {
      id, slot, from, to, kind: this.edgeKinds.texts[kind[slot]], label: this.edgeLabelAt(slot),
      strength: strength[slot], both: (flags[slot] & BOTH) > 0, ghost: (flags[slot] & GHOST) > 0,
    };
  }

  labelAt(slot) {
    return this.ownLabels.get(slot) ?? this.labels[slot];
  }

  edgeLabelAt(slot) {
    return this.ownEdgeLabels.get(slot) ?? this.edgeKinds.texts[this.edges.kind[slot]];
  }

  kindAt(slot) {
    return this.kinds.texts[this.nodes.kind[slot]];
  }

  colorAt(slot) {
    return this.nodes.ownColor[slot] || this.nodes.color[slot];
  }

  degree(id) {
    return this.nodes.degree[this.nodes.at(id)];
  }

  extremities(id) {
    const at = 2 * this.edges.at(id);
    const { ends } = this.edges;
    return [this.nodes.ids[ends[at]], this.nodes.ids[ends[at + 1]]];
  }

  /** Ids of the edges at a node. */
  edgesOf(id) {
    const found = [];
    this.forEdgesAt(this.nodes.at(id), (edge) => found.push(this.edges.ids[edge]));
    return found;
  }

  /** Ids of the nodes beside a node, each once. */
  neighbors(id) {
    const found = new Set();
    this.forEdgesAt(this.nodes.at(id), (_, other) => found.add(this.nodes.ids[other]));
    return [...found];
  }

  forNodes(visit) {
    const { ids } = this.nodes;
    for (let slot = 0; slot < ids.length; slot++) if (ids[slot] !== null) visit(slot);
  }

  forEdges(visit) {
    const { ids } = this.edges;
    for (let slot = 0; slot < ids.length; slot++) if (ids[slot] !== null) visit(slot);
  }

  /** Visit the edges at a node: visit(slot of the edge, slot of the other end); a loop once. */
  forEdgesAt(slot, visit) {
    if (slot < 0) return;
    let half = this.nodes.first[slot];
    while (half) {
      const [edge, side] = [(half - 1) >> 1, (half - 1) & 1];
      half = this.edges.next[2 * edge + side]; // read first: the visitor may take the edge out
      const other = this.edges.ends[2 * edge + 1 - side];
      if (other !== slot || side === 0) visit(edge, other);
    }
  }

  // -- writing ------------------------------------------------------------------------------

  addNode(id, { label, kind, color, ghost = false }) {
    const { nodes } = this;
    const slot = nodes.take(id);
    nodes.order[slot] = hash(id) + fraction(id, 1);
    nodes.size[slot] = 4;
    if (ghost) nodes.flags[slot] = GHOST;
    this.shape++;
    this.changes.places.add(slot);
    this.#describe(slot, label, kind, color);
    return slot;
  }

  setNode(id, { label, kind, color }) {
    this.#describe(this.nodes.at(id), label, kind, color);
  }

  #describe(slot, label, kind, color) {
    this.labels[slot] = label;
    this.nodes.kind[slot] = this.kinds.number(kind);
    this.nodes.color[slot] = color;
    this.changes.nodes.add(slot);
  }

  addEdge(id, from, to, look) {
    return this.addEdgeAt(id, this.nodes.at(from), this.nodes.at(to), look);
  }

  /** The same, with the slots of its ends. */
  addEdgeAt(id, from, to, { kind, strength, both, ghost = false }) {
    const { edges } = this;
    const slot = edges.take(id);
    this.#link(slot, 0, from);
    this.#link(slot, 1, to);
    this.shape++;
    this.setEdge(slot, { kind, strength, both });
    if (ghost) edges.flags[slot] |= GHOST;
    this.#bend(from, to);
    return slot;
  }

  setEdge(slot, { kind, strength, both }) {
    this.edges.kind[slot] = this.edgeKinds.number(kind);
    this.edges.strength[slot] = strength;
    this.edges.flags[slot] = (this.edges.flags[slot] & ~BOTH) | (both ? BOTH : 0);
    this.changes.edges.add(slot);
  }

  dropEdge(id) {
    const slot = this.edges.at(id);
    const ends = [0, 1].map((side) => this.edges.ends[2 * slot + side]);
    ends.forEach((end, side) => {
      this.#unlink(slot, side, end);
      this.nodes.degree[end]--;
    });
    this.ownEdgeLabels.delete(slot);
    this.edges.drop(slot);
    this.shape++;
    this.changes.edges.add(slot);
    this.#bend(...ends);
  }

  /** Take out a node and all edges at it. */
  dropNode(id) {
    const slot = this.nodes.at(id);
    for (const edge of this.edgesOf(id)) this.dropEdge(edge);
    if (this.nodes.flags[slot] & PINNED) this.pinned--;
    this.ownLabels.delete(slot);
    this.labels[slot] = "";
    this.nodes.drop(slot);
    this.shape++;
    this.changes.nodes.add(slot);
  }

  #link(edge, side, node) {
    const half = 2 * edge + side;
    const first = this.nodes.first[node];
    this.edges.ends[half] = node;
    this.nodes.degree[node]++;
    this.edges.next[half] = first;
    this.edges.prev[half] = 0;
    if (first) this.edges.prev[first - 1] = half + 1;
    this.nodes.first[node] = half + 1;
  }

  #unlink(edge, side, node) {
    const half = 2 * edge + side;
    const [next, prev] = [this.edges.next[half], this.edges.prev[half]];
    if (prev) this.edges.next[prev - 1] = next;
    else this.nodes.first[node] = next;
    if (next) this.edges.prev[next - 1] = prev;
  }

  /** Bend the edges between two nodes apart: one is straight, of two each gives way to one side. */
  #bend(a, b) {
    const { degree } = this.nodes;
    if (degree[a] > degree[b]) [a, b] = [b, a];
    const together = [];
    this.forEdgesAt(a, (edge, other) => {
      if (other === b) together.push(edge);
    });
    const count = together.length;
    const { ids, ends, bend } = this.edges;
    if (count > 1) together.sort((x, y) => (ids[x] < ids[y] ? -1 : 1));
    together.forEach((edge, i) => {
      const turn = ends[2 * edge] === Math.min(a, b) ? 1 : -1;
      const bent = a === b ? Math.min(i, MAX_BEND) : turn * Math.min(2 * i - count + 1, MAX_BEND);
      if (bend[edge] === bent) return;
      bend[edge] = bent;
      this.changes.edges.add(edge);
    });
  }

  move(slot, x, y) {
    this.nodes.place[2 * slot] = x;
    this.nodes.place[2 * slot + 1] = y;
    this.moves++;
    this.changes.places.add(slot);
  }

  /** Say that many places were written at once. */
  movedAll() {
    this.moves++;
    this.changes.places.addAll();
  }

  resize(slot, size) {
    if (this.nodes.size[slot] === size) return;
    this.nodes.size[slot] = size;
    this.changes.nodes.add(slot);
  }

  pin(id, pinned) {
    const slot = this.nodes.at(id);
    if (slot < 0 || ((this.nodes.flags[slot] & PINNED) > 0) === pinned) return;
    this.nodes.flags[slot] ^= PINNED;
    this.pinned += pinned ? 1 : -1;
    this.changes.nodes.add(slot);
  }

  isPinned(slot) {
    return (this.nodes.flags[slot] & PINNED) > 0;
  }

  styleNode(id, { color, size, shape, icon, label }) {
    const { nodes } = this;
    const slot = nodes.at(id);
    if (slot < 0) return;
    if (color !== undefined) nodes.ownColor[slot] = colourOf(color);
    if (size !== undefined) nodes.ownSize[slot] = size ?? 0;
    if (shape !== undefined) nodes.shape[slot] = choose(SHAPES, shape ?? SHAPES[0], "shape");
    if (icon !== undefined) nodes.icon[slot] = this.icons.number(icon ?? "");
    if (label !== undefined) setText(this.ownLabels, slot, label);
    this.changes.nodes.add(slot);
  }

  styleEdge(id, { color, width, dash, arrow, label }) {
    const { edges } = this;
    const slot = edges.at(id);
    if (slot < 0) return;
    if (color !== undefined) edges.ownColor[slot] = colourOf(color);
    if (width !== undefined) edges.ownWidth[slot] = width ?? 0;
    if (dash !== undefined) edges.dash[slot] = choose(DASHES, dash ?? DASHES[0], "dash");
    if (arrow !== undefined) edges.arrow[slot] = arrow === null ? 0 : 1 + choose(ARROWS, arrow, "arrow");
    if (label !== undefined) setText(this.ownEdgeLabels, slot, label);
    this.changes.edges.add(slot);
  }
}
