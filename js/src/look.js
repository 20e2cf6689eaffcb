// How a node or edge looks at this moment: both painters ask here.

import { mix } from "./theme.js";

export class Look {
  constructor(store) {
    this.store = store;
    this.theme = null;
    this.selected = new Set();
    this.near = new Set(); // neighbours of what is selected
    this.hidden = new Set(); // types that are switched off
    this.found = null; // ids that match the search, or null
    this.hovered = null;
  }

  select(ids) {
    const { graph } = this.store;
    this.selected = new Set(ids);
    this.near = new Set();
    for (const id of ids) {
      if (graph.hasNode(id)) graph.forEachNeighbor(id, (other) => this.near.add(other));
      else if (graph.hasEdge(id)) graph.extremities(id).forEach((end) => this.near.add(end));
    }
  }

  /** Smaller nodes in larger graphs, so that they stay apart. */
  get scale() {
    const { order } = this.store.graph;
    return Math.min(1.5, Math.max(0.3, 8 / Math.log2(order + 4) ** 1.4));
  }

  #isFaint(id) {
    if (this.found) return !this.found.has(id) && !this.selected.has(id);
    return this.selected.size > 0 && !this.selected.has(id) && !this.near.has(id);
  }

  node(id, node) {
    const chosen = this.selected.has(id);
    const hit = this.found?.has(id) ?? false;
    const faint = this.#isFaint(id);
    return {
      color: faint ? mix(node.color, this.theme.bg, 0.22) : node.color,
      size: node.size * this.scale * (chosen ? 1.35 : 1),
      label: faint ? "" : node.label,
      forceLabel: chosen || (hit && this.found.size <= 30),
      hidden: this.hidden.has(node.kind),
      highlighted: chosen,
      zIndex: chosen ? 2 : faint ? 0 : 1,
    };
  }

  edge(id, edge) {
    const [from, to] = this.store.graph.extremities(id);
    const chosen = this.selected.has(id);
    const touching = chosen || this.selected.has(from) || this.selected.has(to);
    const faint = !touching && (this.#isFaint(from) || this.#isFaint(to));
    const share = touching ? 0.9 : faint ? 0.08 : this.store.graph.size > 5000 ? 0.26 : 0.5;
    const base = touching ? this.theme.accent : this.theme.muted;
    const thick = Math.min(Math.max(edge.strength, 0.4), 3);
    return {
      color: mix(base, this.theme.bg, share),
      size: (touching ? 2 : 1.3) * thick * Math.max(this.scale, 0.5),
      label: touching && this.store.graph.size < 20000 ? edge.label : "",
      forceLabel: touching,
      zIndex: touching ? 1 : 0,
      type: edge.both || this.store.graph.size > 5000 ? "line" : "arrow",
    };
  }
}
