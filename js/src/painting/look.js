// How a node or edge looks at this moment, decided by what is chosen, found, hidden and compared.

import { blend, faded, packed } from "../common/colours.js";
import { ARROWS, BOTH, GHOST } from "../model/graph.js";
import { toneOf } from "./marks.js";

const CROWDED = 0.4; // the scale from which names of what did not change are in the way
const NAMED = 14; // relations whose names can be read side by side
const FEW = 30;
const CALM = 0.65; // how much of the tone of names is in that of edges

const CHOSEN = 1;
const NEAR = 2;
const FOUND = 4;
const FOCUS = 8;

const PLAIN = 0;
const TOUCHED = 1;
const FAINT = 2;

export const NO_LABEL = 0;
export const LABEL = 1; // where there is room
export const FORCED = 2; // in any case

export class Look {
  constructor(store) {
    this.store = store;
    this.theme = null;
    this.selected = new Set();
    this.near = new Set(); // neighbours of what is selected
    this.hidden = new Set(); // types that are switched off
    this.focus = null; // ids that are shown while the others are not, or null
    this.found = null; // ids that match the search, or null
    this.compare = null; // a Compare that is active, or null
    this.hovered = null;
    this.covered = []; // boxes of the stage that other things lie over: {x, y, width, height}
    this.grouping = null; // by which nodes are arranged in discs: {group, titles}, or null
    this.groups = new Map(); // how many entities stand behind nodes of a whole type, by id
    this.draft = false; // a large graph comes in, so that neither edges nor names are shown yet
    this.busy = false; // nodes are being arranged
    this.touching = 0; // relations of what is selected
  }

  select(ids) {
    const { graph } = this.store;
    this.selected = new Set(ids);
    this.near = new Set();
    this.touching = 0;
    for (const id of ids) {
      if (graph.hasNode(id)) {
        this.touching += graph.degree(id);
        for (const other of graph.neighbors(id)) this.near.add(other);
      }
      if (graph.hasEdge(id)) graph.extremities(id).forEach((end) => this.near.add(end));
    }
  }

  /** Smaller nodes in larger graphs, so that they stay apart. */
  get scale() {
    const { order } = this.store.graph;
    const scale = Math.min(1.5, 8 / Math.log2(order + 4) ** 1.4, 24 / Math.sqrt(order + 1));
    return Math.round(Math.max(0.08, scale) * 50) / 50;
  }

  isHidden(id, kind) {
    return this.hidden.has(kind) || Boolean(this.focus && !this.focus.has(id));
  }

  /** Whether the table lists a node: not hidden, and found where something is searched. */
  isListed(id, kind) {
    return !this.isHidden(id, kind) && (!this.found || this.found.has(id));
  }

  /** Which marks there are to draw: kind of change by id, without what is hidden. */
  get marks() {
    return this.compare?.result?.kinds ?? null;
  }

  /**
   * Make ready for asking slot by slot.
   * @returns {string} What all looks depend on: where it differs, all of them do.
   */
  prepare() {
    const { graph } = this.store;
    const { nodes } = graph;
    this.tones ??= new Map();
    this.flags = new Uint8Array(nodes.capacity);
    const note = (ids, flag) => {
      for (const id of ids ?? []) if (nodes.has(id)) this.flags[nodes.at(id)] |= flag;
    };
    note(this.selected, CHOSEN);
    note(this.near, NEAR);
    note(this.found, FOUND);
    note(this.focus, FOCUS);
    this.off = graph.kinds.texts.map((kind) => this.hidden.has(kind));
    this.grown = this.scale;
    this.faintness = this.#faintness();
    this.fewFound = this.found !== null && this.found.size <= FEW;
    this.fewMarks = Boolean(this.compare) && this.compare.result.changes.length <= FEW;
    return `${this.grown} ${this.faintness}`;
  }

  /** How opaque an edge is that is nothing special: the more there are, the less. */
  #faintness() {
    const { size } = this.store.graph;
    return Math.round(50 * Math.min(0.6, Math.max(0.08, 0.6 * (400 / (size + 1)) ** 0.42))) / 50;
  }

  #tone(text) {
    let tone = this.tones.get(text);
    if (tone === undefined) this.tones.set(text, (tone = packed(text) ?? 0xff888888));
    return tone;
  }

  #isFaint(slot) {
    const flags = this.flags[slot];
    if (this.found) return !(flags & (FOUND | CHOSEN));
    return this.selected.size > 0 && !(flags & (CHOSEN | NEAR));
  }

  #isHiddenAt(slot) {
    return this.off[this.store.graph.nodes.kind[slot]] || (this.focus !== null && !(this.flags[slot] & FOCUS));
  }

  /** How a node looks: {color, radius, hidden, chosen, top, label}; written into `out`. */
  node(slot, out) {
    const { graph } = this.store;
    const { nodes } = graph;
    const kind = this.compare?.kind(nodes.ids[slot]);
    const chosen = (this.flags[slot] & CHOSEN) > 0;
    const faint = this.#isFaint(slot);
    const share = faint ? 0.28 : this.compare && !kind ? 0.4 : kind === "removed" ? 0.5 : 1;
    const color = graph.colorAt(slot);
    const opaque = color >>> 24 === 255 && share === 1;
    out.color = opaque ? color : blend(color, this.#tone(this.theme.bg), (share * (color >>> 24)) / 255);
    out.radius = (nodes.ownSize[slot] || nodes.size[slot]) * this.grown * (chosen ? 1.35 : 1);
    out.hidden = this.#isHiddenAt(slot);
    out.chosen = chosen;
    out.top = chosen || Boolean(kind) || (this.selected.size > 0 && !faint) || (this.found !== null && !faint);
    const silent = faint || (this.compare && !kind && this.grown < CROWDED);
    const hit = this.fewFound && (this.flags[slot] & FOUND) > 0;
    const forced = chosen || hit || Boolean(kind && this.fewMarks);
    out.label = forced ? FORCED : silent ? NO_LABEL : LABEL;
    return out;
  }

  /** How an edge looks: {color, width, hidden, top, label, arrow}; written into `out`. */
  edge(slot, out) {
    const { edges } = this.store.graph;
    const id = edges.ids[slot];
    const [from, to] = [edges.ends[2 * slot], edges.ends[2 * slot + 1]];
    const kind = this.compare?.kind(id);
    const rank = this.#rank(id, from, to);
    out.hidden = kind === "removed" || this.#isHiddenAt(from) || this.#isHiddenAt(to); // gone: among the marks
    const thick = Math.min(Math.max(edges.strength[slot], 0.4), 3) * Math.max(this.grown, 0.5);
    const width = edges.ownWidth[slot] || 1.3 * thick;
    out.width = rank === TOUCHED ? width * 1.5 : width;
    out.color = kind ? this.#tone(toneOf(this.theme, kind)) : this.#tint(rank, edges.ownColor[slot]);
    out.top = rank === TOUCHED || Boolean(kind);
    const named = rank === TOUCHED && this.touching <= NAMED;
    const own = rank !== FAINT && this.store.graph.ownEdgeLabels.has(slot);
    out.label = named ? FORCED : own ? LABEL : NO_LABEL;
    const meant = edges.flags[slot] & BOTH ? "none" : "to";
    out.arrow = edges.arrow[slot] ? ARROWS[edges.arrow[slot] - 1] : meant;
    if (edges.flags[slot] & GHOST) out.label = NO_LABEL;
    return out;
  }

  #rank(id, from, to) {
    if (!this.selected.size && !this.found) return PLAIN;
    if (this.selected.has(id)) return TOUCHED;
    if ((this.flags[from] | this.flags[to]) & CHOSEN) return TOUCHED;
    return this.#isFaint(from) || this.#isFaint(to) ? FAINT : PLAIN;
  }

  #tint(rank, own) {
    const { accent, bg, muted } = this.theme;
    if (rank === TOUCHED) return own || faded(this.#tone(accent), 0.9);
    const weak = rank === FAINT || this.compare;
    if (own) return weak ? faded(own, 0.15) : own;
    // Mixed with the background, so that a crowd of edges ends in a grey and not in black.
    const calm = blend(this.#tone(muted), this.#tone(bg), CALM);
    return faded(calm, weak ? Math.min(0.12, this.faintness) : this.faintness);
  }
}
