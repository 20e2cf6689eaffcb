// The graph with its tools: search, legend, zoom; and the life of its painter.

import { CanvasBrush } from "./brush_canvas.js";
import { WebglBrush, webglWorks } from "./brush_webgl.js";
import { counted, focusedIn, h, iconButton } from "./dom.js";
import { Layout } from "./layout.js";
import { Look } from "./look.js";
import { Painter } from "./painter.js";
import { expanded } from "./paths.js";
import { SearchBox } from "./search_box.js";
import { TablePanel } from "./table.js";

const MANY = 20; // newcomers that are worth a layout of their own
const MUCH = 5000; // nodes that are shown without edges until they have some order
const RELEASE_MS = 4000;
const LEGEND_TYPES = 10;

const KEYS = "Graph. Arrows move it, plus and minus zoom, 0 fits, Control and A selects what is in sight, Escape clears; the search and the table reach single nodes";

export class GraphPanel {
  /** @param on {select(ids), find(query) -> {ids, total}, painted(kind), layout(state)} */
  constructor(store, { renderer }, on) {
    Object.assign(this, { store, renderer, on, painter: null, theme: null, held: null, mode: "move" });
    this.look = new Look(store);
    this.layout = new Layout(store, (done) => this.#moved(done));
    this.stage = h("div.nerv-stage", { tabindex: "0", role: "application" });
    this.stage.setAttribute("aria-label", KEYS);
    this.legend = h("div.nerv-legend", { role: "group", "aria-label": "Types" });
    this.empty = h("div.nerv-empty", { hidden: true });
    this.empty.append(h("strong", {}, "Nothing here yet"));
    this.empty.append(h("span", {}, "Entities appear as soon as they are added to the lab."));
    const toggle = (name, title, mode) =>
      iconButton(name, title, () => this.#setMode(this.mode === mode ? "move" : mode));
    this.boxButton = toggle("box", "Select by a box (Shift and drag)", "box");
    this.lassoButton = toggle("lasso", "Select by a line around", "lasso");
    this.pinButton = iconButton("pin", "Let go of what was moved by hand", () => this.#unpin());
    this.pinButton.hidden = true;
    const tools = h(
      "div.nerv-stage-tools",
      {},
      iconButton("plus", "Zoom in", () => this.painter?.zoom(1.5)),
      iconButton("minus", "Zoom out", () => this.painter?.zoom(1 / 1.5)),
      iconButton("fit", "Fit the whole graph", () => this.#fit()),
      iconButton("arrange", "Arrange the graph anew", () => this.arrange()),
      this.boxButton,
      this.lassoButton,
      this.pinButton,
    );
    this.#setMode("move");
    this.focusChip = h("div.nerv-focus", { role: "status", hidden: true });
    this.table = new TablePanel(store, this.look, { select: (ids) => this.on.select(ids) });
    this.tableButton = iconButton("table", "Show as a table", () => this.#showTable());
    this.tableButton.setAttribute("aria-pressed", "false");
    const children = [this.stage, this.empty, this.legend, tools, this.focusChip, this.table.element];
    this.element = h("section.nerv-graph", { "aria-label": "Graph" }, ...children);
    this.search = new SearchBox(store, {
      find: on.find,
      found: (ids) => this.#mark(ids),
      choose: (id) => {
        this.on.select([id]);
        this.center(id);
      },
    });
    this.#guardWheel();
    this.seen = new IntersectionObserver((entries) => this.#onSight(entries.at(-1)));
    this.seen.observe(this.stage);
  }

  setTheme(theme) {
    this.theme = theme;
    this.look.theme = theme;
    if (this.painter) this.painter.setTheme(theme);
    else if (this.visible) this.#mount();
  }

  /** Apply the graph part of a payload; nodes that were there stay where they are. */
  apply(part, snapshot, load) {
    const wasRunning = this.layout.running;
    const { added, touched, first } = this.store.apply(part, snapshot, load);
    const much = this.store.graph.order > MUCH;
    this.look.draft = much && (Boolean(this.store.loading?.first) || first);
    if (this.look.selected.size) this.select(this.look.selected);
    this.painter?.repaint();
    if (first || (wasRunning && added.length)) this.arrange();
    else if (added.length > MANY) this.#lay(new Set(added.map((id) => this.store.graph.nodes.at(id))));
    this.#drawLegend();
    this.#showFocus();
    this.table.refresh();
    this.empty.hidden = this.store.graph.order > 0;
    return touched;
  }

  /** No more parts of a large graph are to come: what is here is all. */
  halt() {
    this.store.halt();
    this.arrange();
  }

  select(ids) {
    this.look.select(ids);
    this.painter?.refresh();
    this.table.paint();
  }

  /** Mark what differs; what is gone is drawn where it was. */
  compare(compare) {
    this.look.compare = compare.result ? compare : null;
    const gone = compare.result?.gone ?? { nodes: [], edges: [] };
    this.store.setGhosts(gone);
    if (gone.nodes.some(({ id }) => this.#isOutside(id))) this.#fit();
    this.painter?.refresh();
  }

  #isOutside(id) {
    if (!this.held || !this.store.isGhost(id)) return false;
    const { x, y } = this.store.graph.node(id);
    const { x: [left, right], y: [low, high] } = this.held;
    return x < left || x > right || y < low || y > high;
  }

  /** Show only a node and its neighbours; of another one then, those as well. */
  expand(id) {
    this.look.focus = expanded(this.store.graph, this.look.focus, id);
    this.#focused();
  }

  #focused() {
    this.painter?.refresh();
    this.table.refresh();
    this.#showFocus();
  }

  #showFocus() {
    const { focus } = this.look;
    this.focusChip.hidden = !focus;
    if (!focus) return;
    const { graph } = this.store;
    const count = [...focus].filter((id) => graph.hasNode(id)).length;
    const all = h("button.nerv-chip-button", { type: "button" }, "Show all");
    all.addEventListener("click", () => {
      this.look.focus = null;
      this.#focused();
    });
    this.focusChip.replaceChildren(h("span", {}, `${count} of ${counted(graph.order, "entity", "entities")}`), all);
  }

  #showTable() {
    const shown = !this.table.shown;
    this.table.show(shown);
    this.tableButton.setAttribute("aria-pressed", String(shown));
    this.stage.inert = shown;
  }

  center(id) {
    if (this.look.focus && !this.look.focus.has(id) && this.store.graph.hasNode(id)) this.expand(id);
    this.painter?.center(id);
  }

  /** Let what was found stand out; null where nothing is searched. */
  #mark(ids) {
    this.look.found = ids && new Set(ids);
    this.painter?.refresh();
    this.table.refresh();
  }

  arrange() {
    this.held = null;
    this.painter?.hold(null);
    this.#lay(null);
  }

  destroy() {
    this.layout.stop();
    this.table.destroy();
    this.seen.disconnect();
    clearTimeout(this.releasing);
    this.search.destroy();
    this.#unmount();
  }

  #lay(moving) {
    this.on.layout("running");
    this.look.busy = true;
    this.layout.start(moving);
  }

  #moved(done) {
    this.look.draft = false;
    this.look.busy = !done;
    this.painter?.repaint();
    if (!done) return;
    this.held ??= this.store.box();
    this.painter?.hold(this.held);
    this.on.layout("done");
  }

  #fit() {
    this.held = this.store.box();
    this.painter?.hold(this.held);
    this.painter?.fit();
  }

  // A browser has few WebGL contexts: a graph holds some only while it can be seen.
  #onSight({ isIntersecting }) {
    clearTimeout(this.releasing);
    this.visible = isIntersecting;
    if (isIntersecting) this.#mount();
    else this.releasing = setTimeout(() => this.#unmount(), RELEASE_MS);
  }

  #mount() {
    if (this.painter || !this.theme) return;
    const on = {
      painted: () => this.on.painted(this.painter?.kind), click: this.#click, expand: (id) => this.expand(id),
      area: this.#area, moved: (ids) => this.#pin(ids), failed: () => this.#remount(),
    };
    const paint = (Brush) => new Painter(Brush, this.store, this.look, this.stage, on);
    try {
      this.painter = paint(this.renderer !== "canvas" && webglWorks() ? WebglBrush : CanvasBrush);
    } catch {
      this.painter = paint(CanvasBrush); // no context after all
    }
    this.painter.gestures.mode = this.mode;
    if (this.held) this.painter.hold(this.held);
    if (this.camera) this.painter.camera = this.camera;
  }

  #unmount() {
    if (!this.painter) return;
    this.camera = this.painter.camera;
    this.painter.kill();
    this.painter = null;
  }

  /** The context of WebGL is lost for good: paint without. */
  #remount() {
    this.renderer = "canvas";
    this.#unmount();
    this.#mount();
  }

  /** Choose what a person has marked; with Shift, beside what is chosen already. */
  #area = (ids, event) => {
    const shown = ids.filter((id) => !this.store.isGhost(id));
    const several = event.ctrlKey || event.metaKey || (event.shiftKey && this.look.selected.size > 0);
    this.on.select([...new Set([...(several ? this.look.selected : []), ...shown])]);
    this.#setMode("move");
  };

  /** What a person has moved stays there. */
  #pin(ids) {
    for (const id of ids) this.store.graph.pin(id, true);
    this.#showPins();
  }

  #unpin() {
    for (const id of this.store.graph.nodeIds()) this.store.graph.pin(id, false);
    this.#showPins();
  }

  #showPins() {
    this.pinButton.hidden = this.store.graph.pinned === 0;
    this.painter?.repaint();
  }

  #setMode(mode) {
    this.mode = mode;
    if (this.painter) this.painter.gestures.mode = mode;
    this.boxButton.setAttribute("aria-pressed", String(mode === "box"));
    this.lassoButton.setAttribute("aria-pressed", String(mode === "lasso"));
  }

  #click = (id, event) => {
    this.stage.focus({ preventScroll: true });
    const several = event.ctrlKey || event.metaKey || event.shiftKey;
    if (!id) {
      if (!several) this.on.select([]);
      return;
    }
    const chosen = new Set(several ? this.look.selected : []);
    if (several && chosen.has(id)) chosen.delete(id);
    else chosen.add(id);
    this.on.select([...chosen]);
  };

  /** Scrolling past the graph scrolls the notebook; it zooms once the graph was clicked. */
  #guardWheel() {
    const guard = (event) => {
      const active = this.element.contains(focusedIn(this.element)) || event.ctrlKey;
      if (!active) event.stopPropagation();
    };
    this.element.addEventListener("wheel", guard, { capture: true, passive: true });
  }

  #drawLegend() {
    const ordered = [...this.store.types].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const entries = ordered.slice(0, LEGEND_TYPES).map(([type, count]) => {
      const off = this.look.hidden.has(type);
      const swatch = h("span.nerv-swatch", {});
      swatch.style.background = this.store.palette.colour(type);
      const attributes = { type: "button", "aria-pressed": String(!off) };
      const name = h("span.nerv-legend-name", {}, type);
      const number = h("span.nerv-legend-count", {}, count.toLocaleString("en"));
      const entry = h("button.nerv-legend-entry", attributes, swatch, name, number);
      entry.title = off ? `Show ${type}` : `Hide ${type}`;
      entry.addEventListener("click", () => this.#toggle(type));
      return entry;
    });
    if (ordered.length > LEGEND_TYPES) {
      entries.push(h("span.nerv-legend-more", {}, `${ordered.length - LEGEND_TYPES} more types`));
    }
    this.legend.replaceChildren(...entries);
  }

  #toggle(type) {
    if (!this.look.hidden.delete(type)) this.look.hidden.add(type);
    this.#drawLegend();
    this.painter?.refresh();
    this.table.refresh();
  }
}
