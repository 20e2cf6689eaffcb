// Looks by data, as nerv_lab/widgets/styling gives them: columns of colours by number, sizes, shapes
// and texts, put on the graph. Every colour is a pair, for a light and a dark background.

import { numbers } from "../kernel/columns.js";
import { DASHES, SHAPES } from "../model/graph.js";

const GROUP = "nerv:group:";
const CHANNELS = {
  nodes: ["color", "size", "shape", "icon", "label"],
  edges: ["color", "width", "dash", "label"],
};
const NAMED = { shape: SHAPES, dash: DASHES };
const READ = {
  color: (column) => numbers(column, Uint32Array),
  size: (column) => numbers(column, Float32Array),
  width: (column) => numbers(column, Float32Array),
};

/** Whether a node stands for all of a type. */
export const isGroup = (id) => id.startsWith(GROUP);

/** The radius of a node that stands for so many. */
export const groupRadius = (count) => Math.min(9 + 3 * Math.log2(count), 34);

/** What a number of a column stands for; null for the usual look. */
function meant(channel, value) {
  if (channel in NAMED) return value ? NAMED[channel][value - 1] : null;
  if (channel === "size" || channel === "width") return Number.isNaN(value) ? null : value;
  return value ?? null;
}

export class Looks {
  constructor(graph) {
    Object.assign(this, { graph, dark: false, colors: [], legend: [], ghosts: new Map() });
    this.numbers = { nodes: new Map(), edges: new Map() }; // id -> number of its colour
    this.styled = { nodes: new Set(), edges: new Set() }; // ids that had a look of their own
    this.groups = new Map(); // how many entities stand behind nodes of a whole type, by id
    this.titles = new Map(); // what the number of a group means
    this.places = { group: new Map(), x: new Map(), y: new Map() }; // what layouts by data need
  }

  /** Take the colours and the legend of a payload. */
  take({ colors, legend }) {
    Object.assign(this, { colors, legend });
  }

  /** Take over the looks of the items of a payload. */
  apply(part) {
    const radii = new Map((part.nodes.groups ?? []).map(([i, count]) => [part.nodes.ids[i], groupRadius(count)]));
    for (const [i, count] of part.nodes.groups ?? []) this.groups.set(part.nodes.ids[i], count);
    this.#columns("nodes", part.nodes, (id, look) => this.#node(id, look, radii.get(id)));
    this.#columns("edges", part.edges, (id, look) => this.graph.styleEdge(id, look));
    this.#places(part.nodes);
    for (const [id, look] of this.ghosts) this.#ghost(id, look);
  }

  #node(id, look, radius) {
    if (radius) look = { ...look, size: look.size ?? radius, icon: look.icon ?? "+" };
    this.graph.styleNode(id, look);
  }

  #columns(of, { ids, style = {}, groups = [] }, set) {
    const known = this.styled[of];
    const columns = CHANNELS[of].filter((name) => name in style).map((name) => [name, (READ[name] ?? ((c) => c))(style[name])]);
    const grouped = new Set(groups.map(([i]) => i));
    ids.forEach((id, i) => {
      const plain = !columns.length && !grouped.has(i);
      if (plain && !known.has(id)) return;
      const look = Object.fromEntries(CHANNELS[of].map((name) => [name, null]));
      for (const [name, column] of columns) look[name] = meant(name, column[i]);
      if (look.color) this.numbers[of].set(id, look.color);
      else this.numbers[of].delete(id);
      if (plain) known.delete(id);
      else known.add(id);
      set(id, { ...look, color: this.#color(look.color) });
    });
  }

  #color(number) {
    return number ? (this.colors[number - 1]?.[this.dark ? 1 : 0] ?? null) : null;
  }

  #places({ ids, places = {} }) {
    for (const [number, title] of places.titles ?? []) this.titles.set(number, title);
    const types = { group: Uint32Array, x: Float32Array, y: Float32Array };
    for (const [name, known] of Object.entries(this.places)) {
      if (!(name in places)) continue;
      const column = numbers(places[name], types[name]);
      ids.forEach((id, i) => {
        if (name === "group" && known.has(id) && known.get(id) !== column[i]) this.regrouped = true;
        known.set(id, column[i]);
      });
    }
  }

  /** Give what is gone the looks it had: {color: [light, dark], …} by id. */
  haunt({ nodes, edges }) {
    this.ghosts = new Map([...nodes, ...edges].filter(({ look }) => look).map(({ id, look }) => [id, look]));
    for (const [id, look] of this.ghosts) this.#ghost(id, look);
  }

  #ghost(id, look) {
    const own = { ...look, color: look.color?.[this.dark ? 1 : 0] ?? null };
    if (this.graph.hasNode(id)) this.graph.styleNode(id, own);
    else this.graph.styleEdge(id, own);
  }

  /** Colours for the other background. */
  setDark(dark) {
    if (dark === this.dark) return;
    this.dark = dark;
    for (const [id, number] of this.numbers.nodes) this.graph.styleNode(id, { color: this.#color(number) });
    for (const [id, number] of this.numbers.edges) this.graph.styleEdge(id, { color: this.#color(number) });
    for (const [id, look] of this.ghosts) this.#ghost(id, look);
  }
}
