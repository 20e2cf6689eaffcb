// The graph with its tools: search, legend, zoom; and the life of its painter.

import { CanvasBrush } from "./brush_canvas.js";
import { WebglBrush } from "./brush_webgl.js";
import { counted, focusedIn, h, iconButton } from "./dom.js";
import { Layout } from "./layout.js";
import { Look } from "./look.js";
import { Painter } from "./painter.js";
import { expanded } from "./paths.js";
import { rest, wake } from "./resting.js";
import { Legend } from "./legend.js";
import { Looks } from "./looks.js";
import { numbers } from "./columns.js";
import { SearchBox } from "./search_box.js";
import { TablePanel } from "./table.js";

const MANY = 20; // newcomers that are worth a layout of their own
const RELEASE_MS = 4000;
const LONG_MS = 1000; // a layout that takes longer says so, and can be stopped

const KEYS = "Graph. Arrows move it, plus and minus zoom, 0 fits, Shift and arrows move what is selected, Control and A selects what is in sight, Escape clears; the search and the table reach single nodes";

/** Where an element lies over the graph. */
function boxOf({ offsetLeft: x, offsetTop: y, offsetWidth: width, offsetHeight: height }) {
  return { x, y, width, height };
}

export class GraphPanel {
  /**
   * @param on {select(ids), find(query) -> {ids, total}, painted(kind), layout(state), hover(id),
   *   open(id), pin(ids, places), unpin(), showAll(), broken(error)}
   */
  constructor(store, { renderer }, on) {
    Object.assign(this, { store, renderer, on, painter: null, theme: null, held: null, mode: "move" });
    Object.assign(this, { arrangement: { name: "force" }, pins: new Map(), lens: null, due: false });
    this.look = new Look(store);
    this.looks = new Looks(store.graph);
    this.look.groups = this.looks.groups;
    this.layout = new Layout(store, (done) => this.#moved(done), (error) => this.#unarranged(error));
    this.stage = h("div.nerv-stage", { tabindex: "0", role: "application" });
    this.stage.setAttribute("aria-label", KEYS);
    this.legend = new Legend(store, this.look, this.looks, {
      toggle: (type) => this.#toggle(type), resized: () => this.#covered(),
    });
    this.empty = h("div.nerv-empty", { hidden: true });
    const toggle = (name, title, mode) =>
      iconButton(name, title, () => this.#setMode(this.mode === mode ? "move" : mode));
    this.boxButton = toggle("box", "Select by a box (Shift and drag)", "box");
    this.lassoButton = toggle("lasso", "Select by a line around", "lasso");
    this.pinButton = iconButton("pin", "Let go of what was moved by hand", () => this.#unpin());
    this.pinButton.hidden = true;
    const tools = (this.tools = h(
      "div.nerv-stage-tools",
      {},
      iconButton("plus", "Zoom in", () => this.painter?.zoom(1.5)),
      iconButton("minus", "Zoom out", () => this.painter?.zoom(1 / 1.5)),
      iconButton("fit", "Fit the whole graph", () => this.#fit()),
      iconButton("arrange", "Arrange the graph anew", () => this.arrange()),
      this.boxButton,
      this.lassoButton,
      this.pinButton,
    ));
    this.#setMode("move");
    this.focusChip = h("div.nerv-focus", { role: "status", hidden: true });
    this.table = new TablePanel(store, this.look, { select: (ids) => this.on.select(ids) });
    this.tableButton = iconButton("table", "Show as a table", () => this.#showTable());
    this.tableButton.setAttribute("aria-pressed", "false");
    this.busyChip = h("div.nerv-busy", { role: "status", hidden: true });
    const children = [this.stage, this.empty, this.legend.element, tools, this.focusChip, this.busyChip, this.table.element];
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
    this.looks.setDark(theme.dark);
    this.legend.draw();
    if (this.painter) this.painter.setTheme(theme);
    else if (this.visible) this.#mount();
  }

  /** Apply the graph part of a payload; nodes that were there stay where they are. */
  apply(part, snapshot, load) {
    const wasRunning = this.layout.running;
    const { added, touched, first } = this.store.apply(part, snapshot, load);
    this.looks.apply(part);
    this.#hold(added.filter((id) => this.pins.has(id)));
    this.look.draft = Boolean(this.store.loading?.first);
    const { selected } = this.look;
    if ([...selected].some((id) => touched.has(id))) this.select(selected); // its neighbours may be others now
    if (first) this.painter?.stir();
    else this.painter?.repaint();
    const due = snapshot && this.due;
    if (first || due || (wasRunning && added.length)) this.arrange();
    else if (this.arrangement.name === "grouped" && (added.length || this.looks.regrouped)) this.arrange();
    else if (added.length > MANY || (added.length && this.arrangement.name === "axes")) {
      this.#lay(new Set(added.map((id) => this.store.graph.nodes.at(id))));
    }
    if (due) this.due = false;
    this.looks.regrouped = false;
    this.legend.draw();
    this.#showFocus();
    this.table.refresh();
    this.#showEmpty();
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
    this.looks.haunt(gone);
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

  /** Say what the kernel leaves out: {filter, around, collapsed, total}, or null. */
  narrow(lens) {
    this.lens = lens;
    this.#showFocus();
    this.#showEmpty();
  }

  /** Where nothing is shown, say why, and what to do. */
  #showEmpty() {
    this.empty.hidden = this.store.graph.order > 0;
    if (this.empty.hidden) return;
    const [title, ...hint] = this.lens?.total
      ? ["Nothing matches", "No entity fulfils the conditions; “Show all” below takes them away."]
      : ["Nothing here yet", "Entities appear as soon as they are added: ", h("code", {}, 'lab.add_entity("person", "Ada")')];
    this.empty.replaceChildren(h("strong", {}, title), h("span", {}, ...hint));
  }

  #showFocus() {
    const { focus } = this.look;
    const narrowed = this.lens && (this.lens.filter || this.lens.around.length);
    this.focusChip.hidden = !focus && !narrowed;
    if (!focus && narrowed) {
      const all = h("button.nerv-chip-button", { type: "button", onclick: () => this.on.showAll() }, "Show all");
      const shown = this.store.graph.order.toLocaleString("en");
      this.focusChip.replaceChildren(h("span", {}, `${shown} of ${counted(this.lens.total, "entity", "entities")}`), all);
    }
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

  /** Whether nothing is arranged, looked for or painted any more; out of sight nothing is painted. */
  get isAtRest() {
    if (this.layout.running || this.table.pending || this.search.isBusy) return false;
    return this.visible === false || Boolean(this.visible && this.painter?.isAtRest);
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
    clearTimeout(this.late);
    this.search.destroy();
    this.#unmount();
  }

  #lay(moving) {
    const { places, titles } = this.looks;
    this.look.grouping = this.arrangement.name === "grouped" ? { group: places.group, titles } : null;
    this.on.layout("running");
    this.look.busy = true;
    clearTimeout(this.late);
    this.late = setTimeout(() => this.#sayBusy(), LONG_MS);
    const { name } = this.arrangement;
    this.layout.start(moving, name === "force" || (moving && name !== "axes") ? null : this.arrangement, this.looks.places);
  }

  #sayBusy() {
    const stop = () => {
      this.layout.stop();
      this.#moved(true);
    };
    const button = h("button.nerv-chip-button", { type: "button", onclick: stop }, "Stop");
    this.busyChip.replaceChildren(h("span", {}, "Arranging…"), button);
    this.busyChip.hidden = false;
  }

  #moved(done) {
    this.look.draft = false;
    this.look.busy = !done;
    this.painter?.repaint();
    if (!done) return;
    clearTimeout(this.late);
    this.busyChip.hidden = true;
    this.held ??= this.store.box();
    this.painter?.hold(this.held);
    this.on.layout("done");
  }

  /** The layout failed: say so; a second try arranges anew. */
  #unarranged(error) {
    clearTimeout(this.late);
    this.busyChip.hidden = this.due = true;
    this.look.busy = false;
    this.on.layout("failed");
    this.on.broken(error);
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
    if (isIntersecting) {
      wake(this.release);
      this.#mount();
      return;
    }
    if (this.painter) rest(this.release);
    this.releasing = setTimeout(this.release, RELEASE_MS);
  }

  release = () => this.#unmount();

  #mount() {
    if (this.painter || !this.theme) return;
    const on = {
      painted: () => this.on.painted(this.painter?.kind), click: this.#click, expand: (id) => this.on.open(id),
      hover: (id) => this.on.hover(id),
      area: this.#area, moved: (ids) => this.#pin(ids), failed: () => this.#remount(),
      broken: (error) => this.on.broken(error),
    };
    const paint = (Brush) => new Painter(Brush, this.store, this.look, this.stage, on);
    try {
      this.painter = paint(this.renderer === "canvas" ? CanvasBrush : WebglBrush);
    } catch {
      this.painter = paint(CanvasBrush); // where there is no WebGL
    }
    this.painter.gestures.mode = this.mode;
    this.#covered();
    if (this.held) this.painter.hold(this.held);
    if (this.camera) this.painter.camera = this.camera;
    else if (this.wanted) this.painter.sight = this.wanted;
  }

  #unmount() {
    wake(this.release);
    if (!this.painter) return;
    this.camera = this.painter.camera;
    this.painter.kill();
    this.painter = null;
  }

  /** Paint with a new painter, after something went wrong in the one there is. */
  renew() {
    if (!this.painter) return;
    this.#unmount();
    this.#mount();
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
    const places = ids.map((id) => {
      const { x, y } = this.store.graph.node(id);
      this.pins.set(id, [x, y]);
      return [x, y];
    });
    this.#hold(ids);
    this.on.pin(ids, places);
  }

  #unpin() {
    this.takePins({ ids: [], xy: new Uint8Array(0) });
    this.on.unpin();
  }

  /** Hold these nodes and no others: {ids, xy}, NaN where one is held as it is. */
  takePins({ ids, xy }) {
    const spots = numbers(xy, Float32Array);
    const before = this.pins;
    this.pins = new Map(ids.map((id, i) => [id, Number.isNaN(spots[2 * i]) ? null : [spots[2 * i], spots[2 * i + 1]]]));
    for (const id of before.keys()) if (!this.pins.has(id)) this.store.graph.pin(id, false);
    this.#hold(ids);
  }

  #hold(ids) {
    const { graph } = this.store;
    for (const id of ids) {
      if (!graph.hasNode(id)) continue;
      const place = this.pins.get(id);
      if (place) graph.move(graph.nodes.at(id), ...place);
      graph.pin(id, true);
    }
    this.#showPins();
  }

  /** Look at a place: {x, y, ratio}, or all for null. */
  set sight(sight) {
    this.wanted = sight;
    if (this.painter) this.painter.sight = sight;
  }

  get sight() {
    return this.painter ? this.painter.sight : (this.wanted ?? null);
  }

  /** The painter, also of a graph that is out of sight. */
  awake() {
    this.#mount();
    if (!this.painter) throw new Error("the view is not in the page");
    return this.painter;
  }

  /** Arrange by this layout, once what it needs is here; now, where that is already. */
  setArrangement(arrangement, now) {
    this.arrangement = arrangement;
    this.due = !now;
    if (now) this.arrange();
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
    this.on.select([...chosen], id);
  };

  /** Scrolling past the graph scrolls the notebook; it zooms once the graph was clicked. */
  #guardWheel() {
    const guard = (event) => {
      const active = this.element.contains(focusedIn(this.element)) || event.ctrlKey;
      if (!active) event.stopPropagation();
    };
    this.element.addEventListener("wheel", guard, { capture: true, passive: true });
  }

  /** Fit the graph beside a legend that is in its way. */
  #covered() {
    if (!this.painter) return;
    this.painter.eye.covered = this.legend.covers(this.stage);
    this.look.covered = [this.legend.element, this.tools].map(boxOf);
    this.painter.repaint();
  }

  #toggle(type) {
    if (!this.look.hidden.delete(type)) this.look.hidden.add(type);
    this.legend.draw();
    this.painter?.refresh();
    this.table.refresh();
  }
}
