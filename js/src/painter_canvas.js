// The painter for machines without WebGL, over the same store and with the same looks.

import { select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";
import { drawMarks } from "./marks.js";

const PADDING = 36;
const LABEL_SIZE = 12;
const EDGE_REACH = 5;

function distanceToLine(p, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy || 1;
  const share = Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length));
  return Math.hypot(p.x - a.x - share * dx, p.y - a.y - share * dy);
}

export class CanvasPainter {
  constructor(store, look, container, on) {
    Object.assign(this, { kind: "canvas", store, look, container, on });
    this.canvas = document.createElement("canvas");
    this.canvas.className = "nerv-canvas";
    container.append(this.canvas);
    this.transform = zoomIdentity;
    this.box = null;
    this.behaviour = zoom()
      .scaleExtent([0.15, 100])
      .on("zoom", ({ transform }) => {
        this.transform = transform;
        this.refresh();
      });
    select(this.canvas).call(this.behaviour).on("dblclick.zoom", null);
    this.canvas.addEventListener("click", (event) => on.click(this.#hit(event), event));
    this.canvas.addEventListener("dblclick", (event) => {
      const id = this.#hit(event);
      if (id && store.graph.hasNode(id)) on.expand(id);
    });
    this.canvas.addEventListener("mousemove", (event) => this.#hover(event));
    this.resized = new ResizeObserver(() => this.refresh());
    this.resized.observe(container);
    this.refresh();
  }

  setTheme() {
    this.refresh(); // its colours are those of the looks
  }

  hold(box) {
    this.box = box;
    this.refresh();
  }

  refresh() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.#paint();
    });
  }

  change(run) {
    this.refresh();
    return run();
  }

  changeMuch(run) {
    return this.change(run);
  }

  get camera() {
    return this.transform;
  }

  set camera(state) {
    select(this.canvas).call(this.behaviour.transform, state);
  }

  fit() {
    this.camera = zoomIdentity;
  }

  zoom(factor) {
    select(this.canvas).call(this.behaviour.scaleBy, factor);
  }

  center(id) {
    const { width, height } = this.container.getBoundingClientRect();
    const { x, y } = this.#projection()(this.store.graph.getNodeAttributes(id));
    const k = Math.max(this.transform.k, 1.6);
    this.camera = zoomIdentity.translate(width / 2 - k * x, height / 2 - k * y).scale(k);
  }

  spot(id) {
    const { x, y } = this.#projection()(this.store.graph.getNodeAttributes(id));
    return { x: this.transform.applyX(x), y: this.transform.applyY(y) };
  }

  kill() {
    this.resized.disconnect();
    cancelAnimationFrame(this.pending);
    this.canvas.remove();
  }

  /** How coordinates of the graph become pixels, before zoom. */
  #projection() {
    const box = this.box ?? this.store.box();
    const { clientWidth: width, clientHeight: height } = this.container;
    const span = (range) => Math.max(range[1] - range[0], 1e-6);
    const scale = Math.min(
      (width - 2 * PADDING) / span(box.x),
      (height - 2 * PADDING) / span(box.y),
    );
    const [x, y] = [(box.x[0] + box.x[1]) / 2, (box.y[0] + box.y[1]) / 2];
    return (node) => ({
      x: width / 2 + (node.x - x) * scale,
      y: height / 2 - (node.y - y) * scale,
    });
  }

  #paint() {
    const { clientWidth: width, clientHeight: height } = this.container;
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const shown = this.#measure();
    this.#edges(context, shown);
    this.#nodes(context, shown);
    this.#labels(context, shown);
    const { marks, theme } = this.look;
    if (marks) drawMarks(context, theme, this.store.graph, marks, (id) => shown.get(id) ?? null);
    this.on.painted();
  }

  #measure() {
    const project = this.#projection();
    const { x: left, y: top, k } = this.transform;
    const shown = new Map();
    this.store.graph.forEachNode((id, node) => {
      const look = this.look.node(id, node);
      if (look.hidden) return;
      const { x, y } = project(node);
      shown.set(id, { ...look, x: left + k * x, y: top + k * y, size: look.size * Math.sqrt(k) });
    });
    this.shown = shown;
    return shown;
  }

  #edges(context, shown) {
    context.font = `10.5px ${this.look.theme.font}`;
    context.textAlign = "center";
    this.store.graph.forEachEdge((id, edge, from, to) => {
      const [a, b] = [shown.get(from), shown.get(to)];
      if (!a || !b) return;
      const look = this.look.edge(id, edge);
      if (look.hidden) return;
      context.strokeStyle = context.fillStyle = look.color;
      context.lineWidth = look.size;
      context.beginPath();
      context.moveTo(a.x, a.y);
      context.lineTo(b.x, b.y);
      context.stroke();
      if (look.type === "arrow") this.#arrow(context, a, b, look.size);
      if (look.label) context.fillText(look.label, (a.x + b.x) / 2, (a.y + b.y) / 2 - 4);
    });
    context.textAlign = "left";
  }

  #arrow(context, a, b, width) {
    const angle = Math.atan2(b.y - a.y, b.x - a.x);
    const length = 4 + 2 * width;
    const tip = { x: b.x - b.size * Math.cos(angle), y: b.y - b.size * Math.sin(angle) };
    context.beginPath();
    context.moveTo(tip.x, tip.y);
    for (const turn of [-0.4, 0.4]) {
      context.lineTo(
        tip.x - length * Math.cos(angle + turn),
        tip.y - length * Math.sin(angle + turn),
      );
    }
    context.fill();
  }

  #nodes(context, shown) {
    const ordered = [...shown.values()].sort((a, b) => a.zIndex - b.zIndex);
    for (const node of ordered) {
      context.beginPath();
      context.arc(node.x, node.y, node.size, 0, 2 * Math.PI);
      context.fillStyle = node.color;
      context.fill();
      if (!node.highlighted) continue;
      context.lineWidth = 2.5;
      context.strokeStyle = this.look.theme.accent;
      context.beginPath();
      context.arc(node.x, node.y, node.size + 3, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  #labels(context, shown) {
    const taken = new Set();
    const cell = (node) => `${Math.round(node.x / 90)}:${Math.round(node.y / 22)}`;
    const ordered = [...shown].sort(
      ([a, x], [b, y]) => y.forceLabel - x.forceLabel || y.size - x.size || (a < b ? -1 : 1),
    );
    context.font = `${LABEL_SIZE}px ${this.look.theme.font}`;
    context.fillStyle = this.look.theme.fg;
    for (const [id, node] of ordered) {
      const forced = node.forceLabel || id === this.look.hovered;
      if (!node.label || (!forced && (node.size < 4 || taken.has(cell(node))))) continue;
      taken.add(cell(node));
      context.fillText(node.label, node.x + node.size + 4, node.y + LABEL_SIZE / 3);
    }
  }

  #hit(event) {
    const rect = this.canvas.getBoundingClientRect();
    const spot = { x: event.clientX - rect.left, y: event.clientY - rect.top };
    let [best, reach] = [null, Infinity];
    for (const [id, node] of this.shown ?? []) {
      const away = Math.hypot(node.x - spot.x, node.y - spot.y) - node.size;
      if (away < 3 && away < reach) [best, reach] = [id, away];
    }
    if (best || this.store.graph.size > 20000) return best;
    this.store.graph.forEachEdge((id, _, from, to) => {
      const [a, b] = [this.shown?.get(from), this.shown?.get(to)];
      const away = a && b ? distanceToLine(spot, a, b) : Infinity;
      if (away < EDGE_REACH && away < reach) [best, reach] = [id, away];
    });
    return best;
  }

  #hover(event) {
    if (event.buttons) return;
    const id = this.#hit(event);
    this.container.style.cursor = id ? "pointer" : "";
    if (id === this.look.hovered) return;
    this.look.hovered = id;
    this.refresh();
  }
}
