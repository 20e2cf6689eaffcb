// What looks mean: sections of a style, and the types, which can be switched off.

import { SHAPES } from "../model/graph.js";
import { counted, h } from "../common/dom.js";
import { outline } from "../painting/shapes.js";

const TYPES = 10;
const MIDDLE = 8;
const RADIUS = 5;
const MOST_OF_WIDTH = 3; // a stage is so many times as wide as a legend that lies open over it
export const DASH_ARRAYS = { dashed: "5 3", dotted: "1.5 2.5" };

/** The outline of a shape as the path of an SVG. */
export function pathOf(shape, radius = RADIUS) {
  let path = "";
  const round = (number) => Math.round(number * 10) / 10;
  const pen = {
    beginPath() {},
    moveTo: (x, y) => (path += `M${round(x)} ${round(y)}`),
    lineTo: (x, y) => (path += `L${round(x)} ${round(y)}`),
    closePath: () => (path += "Z"),
    arc: (x, y, r) => (path += `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`),
  };
  outline(pen, Math.max(SHAPES.indexOf(shape ?? "circle"), 0), MIDDLE, MIDDLE, radius);
  return path;
}

/** The radius of a node in the legend. */
export const radiusOf = (size) => (size ? Math.min(Math.max(size / 2.4, 2), 8) : RADIUS);

function node({ color, shape, size, icon }, dark) {
  const radius = radiusOf(size);
  const fill = color?.[dark ? 1 : 0] ?? "var(--nerv-muted)";
  const svg = h("svg.nerv-legend-mark", { viewBox: "0 0 16 16", "aria-hidden": "true" },
    h("path", { d: pathOf(shape, radius), fill }));
  return icon ? h("span.nerv-legend-icon", {}, svg, h("span", {}, icon)) : svg;
}

function edge({ color, dash, width }, dark) {
  return h("svg.nerv-legend-mark", { viewBox: "0 0 16 16", "aria-hidden": "true" }, h("path", {
    d: "M0 8H16", stroke: color?.[dark ? 1 : 0] ?? "var(--nerv-muted)", "stroke-width": Math.min(width ?? 2, 8),
    "stroke-dasharray": DASH_ARRAYS[dash],
  }));
}

export class Legend {
  /** @param on {toggle(type), resized()} */
  constructor(store, look, looks, on) {
    Object.assign(this, { store, look, looks, on });
    this.types = h("div.nerv-legend-types", { role: "group", "aria-label": "Types" });
    this.sections = h("div.nerv-legend-sections");
    const summary = h("summary", { onclick: () => (this.wanted = !this.element.open) }, "Legend");
    this.element = h("details.nerv-legend", { open: true, ontoggle: () => on.resized() }, summary, this.sections, this.types);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.element.open) return;
      event.stopPropagation();
      this.wanted = this.element.open = false;
      summary.focus({ preventScroll: true });
    });
    this.wanted = null; // whether a person wants it open; null where nobody has said so
  }

  draw() {
    const content = this.content();
    const print = JSON.stringify([content, this.looks.dark]);
    if (print === this.print) return;
    this.print = print;
    this.width = null;
    const { sections, types, more } = content;
    this.sections.replaceChildren(...sections.map((section) => this.#section(section, this.looks.dark)));
    this.#types(types, more);
    this.element.hidden = !types.length;
    this.sections.hidden = !sections.length;
    this.on.resized();
  }

  /** Open it where it leaves most of a stage free, and close it to a button elsewhere. */
  fit(stage) {
    if (this.wanted !== null || this.element.hidden || !stage.clientWidth) return;
    if (this.width === null) {
      this.element.open = true;
      this.width = this.element.offsetWidth;
    }
    this.element.open = MOST_OF_WIDTH * this.width <= stage.clientWidth;
  }

  /** What there is to say: sections of the style, types {type, count, off, look}, and how many more. */
  content() {
    const { legend } = this.looks;
    const byType = legend.find((s) => s.of === "node" && s.kind === "category" && s.title === "type");
    const colored = legend.some((s) => s.of === "node" && (s.kind === "ramp" || s.rows?.some((row) => row.color)));
    const rows = new Map((byType?.rows ?? []).map((row) => [row.text, row]));
    const usual = rows.get([...rows.keys()].find((text) => / more$/.test(text)));
    const ordered = [...this.#counts()].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const types = ordered.slice(0, TYPES).map(([type, count]) => {
      const row = rows.get(type) ?? usual ?? {};
      const plain = this.store.palette.colour(type);
      const look = { ...row, color: row.color ?? (colored ? null : [plain, plain]) };
      return { type, count, off: this.look.hidden.has(type), look };
    });
    return { sections: legend.filter((section) => section !== byType), types, more: Math.max(0, ordered.length - TYPES) };
  }

  /** How many entities there are of each type, also behind nodes that stand for one. */
  #counts() {
    const counts = new Map(this.store.types);
    const { graph } = this.store;
    for (const [id, count] of this.looks.groups) {
      const slot = graph.nodes.at(id);
      if (slot >= 0) counts.set(graph.kindAt(slot), counts.get(graph.kindAt(slot)) + count - 1);
    }
    return counts;
  }

  /** Where it lies over a stage: pixels from the left and from below; null while it is closed. */
  spot(stage) {
    const { open, hidden, offsetLeft, offsetTop, offsetHeight } = this.element;
    return open && !hidden ? { left: offsetLeft, below: stage.clientHeight - offsetTop - offsetHeight } : null;
  }

  #section({ of, kind, title, rows, ends, colors }, dark) {
    const head = h("h4", {}, of === "edge" ? `${title} (relations)` : title);
    const list = (children) => h("div.nerv-legend-section", {}, head, ...children);
    if (kind === "axis") return list([h("div.nerv-legend-row", {}, `${ends[0]} to ${ends[1]}`)]);
    if (kind === "ramp") {
      const bar = h("div.nerv-legend-ramp", { role: "img", "aria-label": `${title}, from ${ends[0]} to ${ends[1]}` });
      bar.style.background = `linear-gradient(90deg, ${colors.map((pair) => pair[dark ? 1 : 0]).join(", ")})`;
      return list([bar, h("div.nerv-legend-ends", {}, h("span", {}, ends[0]), h("span", {}, ends[1]))]);
    }
    const mark = of === "edge" ? edge : node;
    return list(rows.map((row) => h("div.nerv-legend-row", {}, mark(row, dark), h("span.nerv-legend-name", {}, row.text))));
  }

  #types(types, more) {
    const entries = types.map(({ type, count, off, look }) => {
      const entry = h("button.nerv-legend-entry", { type: "button", "aria-pressed": String(!off) }, node(look, this.looks.dark),
        h("span.nerv-legend-name", {}, type), h("span.nerv-legend-count", {}, count.toLocaleString("en")));
      entry.title = off ? `Show ${type}` : `Hide ${type}`;
      entry.addEventListener("click", () => this.on.toggle(type));
      return entry;
    });
    if (more) entries.push(h("span.nerv-legend-more", {}, counted(more, "more type")));
    const focused = [...this.types.children].indexOf(document.activeElement);
    this.types.replaceChildren(...entries);
    this.types.children[focused]?.focus({ preventScroll: true });
  }
}
