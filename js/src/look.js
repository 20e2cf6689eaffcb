// How a node or edge looks at this moment: both painters ask here.

import { toneOf } from "./marks.js";
import { mix } from "./theme.js";

const PLAIN = 0;
const TOUCHED = 1;
const FAINT = 2;
const CROWDED = 0.8; // the scale from which names of what did not change are in the way
const NAMED = 14; // relations whose names can be read side by side

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
  }

  select(ids) {
    const { graph } = this.store;
    this.selected = new Set(ids);
    this.near = new Set();
    this.touching = 0; // relations of what is selected
    for (const id of ids) {
      if (graph.hasNode(id)) {
        this.touching += graph.degree(id);
        graph.forEachNeighbor(id, (other) => this.near.add(other));
      }
      if (graph.hasEdge(id)) graph.extremities(id).forEach((end) => this.near.add(end));
    }
  }

  /** Smaller nodes in larger graphs, so that they stay apart. */
  get scale() {
    const { order } = this.store.graph;
    return Math.min(1.5, Math.max(0.3, 8 / Math.log2(order + 4) ** 1.4));
  }

  isHidden(id, kind) {
    return this.hidden.has(kind) || Boolean(this.focus && !this.focus.has(id));
  }

  /** Whether the table lists a node: not hidden, and found where something is searched. */
  isListed(id, kind) {
    return !this.isHidden(id, kind) && (!this.found || this.found.has(id));
  }

  #isFaint(id) {
    if (this.found) return !this.found.has(id) && !this.selected.has(id);
    return this.selected.size > 0 && !this.selected.has(id) && !this.near.has(id);
  }

  /** Which marks there are to draw: kind of change by id, without what is hidden. */
  get marks() {
    return this.compare?.result?.kinds ?? null;
  }

  node(id, node) {
    const kind = this.compare?.kind(id);
    const chosen = this.selected.has(id);
    const hit = this.found?.has(id) ?? false;
    const faint = this.#isFaint(id);
    const share = faint ? 0.28 : this.compare && !kind ? 0.4 : kind === "removed" ? 0.5 : 1;
    return {
      color: share === 1 ? node.color : mix(node.color, this.theme.bg, share),
      size: node.size * this.scale * (chosen ? 1.35 : 1),
      label: faint || (this.compare && !kind && this.scale < CROWDED) ? "" : node.label,
      forceLabel: chosen || (hit && this.found.size <= 30) || Boolean(kind && this.#fewMarks),
      hidden: this.isHidden(id, node.kind),
      highlighted: chosen,
      zIndex: chosen ? 2 : faint ? 0 : 1,
    };
  }

  get #fewMarks() {
    return this.compare.result.changes.length <= 30;
  }

  edge(id, edge) {
    const kind = this.compare?.kind(id);
    const many = this.store.graph.size > 5000;
    const thick = Math.min(Math.max(edge.strength, 0.4), 3) * Math.max(this.scale, 0.5);
    const rank = this.#rank(id);
    return {
      color: kind ? toneOf(this.theme, kind) : this.#tint(rank, many),
      hidden: kind === "removed", // drawn with the marks, as a broken line
      size: (rank === TOUCHED ? 2 : 1.3) * thick,
      label: rank === TOUCHED && this.touching <= NAMED ? edge.label : "",
      forceLabel: rank === TOUCHED,
      zIndex: rank === TOUCHED ? 1 : 0,
      type: edge.both || many ? "line" : "arrow",
    };
  }

  #rank(id) {
    if (!this.selected.size && !this.found) return PLAIN;
    if (this.selected.has(id)) return TOUCHED;
    const [from, to] = this.store.graph.extremities(id);
    if (this.selected.has(from) || this.selected.has(to)) return TOUCHED;
    return this.#isFaint(from) || this.#isFaint(to) ? FAINT : PLAIN;
  }

  #tint(rank, many) {
    const { accent, muted, bg } = this.theme;
    if (rank === TOUCHED) return mix(accent, bg, 0.9);
    if (rank === FAINT || this.compare) return mix(muted, bg, 0.12);
    return mix(muted, bg, many ? 0.26 : 0.5);
  }
}
