// The graph with what belongs to it: the stage, its tools and notes, legend, search and table.

import { clearance } from "../painting/clearance.js";
import { focusedIn, h, iconButton } from "../common/dom.js";
import { GraphNotes } from "./graph_notes.js";
import { Layout } from "../layout/layout.js";
import { Legend } from "./legend.js";
import { Look } from "../painting/look.js";
import { Looks } from "../painting/looks.js";
import { expanded } from "../model/paths.js";
import { Pins } from "./pins.js";
import { SearchBox } from "./search_box.js";
import { Stage } from "../painting/stage.js";
import { StageTools } from "./stage_tools.js";
import { TablePanel } from "./table.js";

const MANY = 20; // newcomers that are worth a layout of their own
const LONG_MS = 1000; // a layout that takes longer says so, and can be stopped

/** Where an element lies over another one. */
function boxOver(element, under) {
  const [{ x, y, width, height }, { left, top }] = [element, under].map((each) => each.getBoundingClientRect());
  return { x: Math.round(x - left), y: Math.round(y - top), width: Math.round(width), height: Math.round(height) };
}

export class GraphPanel {
  /**
   * @param on {select(ids, clicked), find(query) -> {ids, total}, painted(kind), layout(state),
   *   hover(id), open(id), pin(ids, places), unpin(), showAll(), broken(error)}
   */
  constructor(store, { renderer }, on) {
    Object.assign(this, { store, on, theme: null, lens: null, due: false, clear: [0, 0] });
    this.arrangement = { name: "force" };
    this.look = new Look(store);
    this.looks = new Looks(store.graph);
    this.look.groups = this.looks.groups;
    this.layout = new Layout(store, (done) => this.#moved(done), (error) => this.#unarranged(error));
    this.pins = new Pins(store.graph, {
      told: on.pin, free: on.unpin,
      changed: () => {
        this.tools.showPins(store.graph.pinned > 0);
        this.painter?.repaint();
      },
    });
    this.stage = new Stage(store, this.look, renderer, {
      painted: on.painted, hover: on.hover, broken: on.broken, expand: on.open, click: this.#click, area: this.#area,
      moved: (ids) => this.pins.add(ids), mounted: () => this.#covered(),
    });
    this.legend = new Legend(store, this.look, this.looks, {
      toggle: (type) => this.#toggle(type), resized: () => this.#covered(),
    });
    this.tools = new StageTools({
      zoom: (factor) => this.painter?.zoom(factor), fit: () => this.#fit(), arrange: () => this.arrange(),
      mode: (mode) => this.stage.setMode(mode), unpin: () => this.pins.clear(),
    });
    this.notes = new GraphNotes({
      stop: () => {
        this.layout.stop();
        this.#moved(true);
      },
      unfocus: () => {
        this.look.focus = null;
        this.#focused();
      },
      showAll: () => on.showAll(),
    });
    this.table = new TablePanel(store, this.look, { select: (ids) => this.on.select(ids) });
    this.tableButton = iconButton("table", "Show as a table", () => this.#showTable());
    this.tableButton.setAttribute("aria-pressed", "false");
    this.element = h("section.nerv-graph", { "aria-label": "Graph" },
      this.stage.element, this.legend.element, this.tools.element, ...this.notes.elements, this.table.element);
    this.search = new SearchBox(store, {
      find: on.find,
      found: (ids) => this.#mark(ids),
      choose: (id) => {
        this.on.select([id]);
        this.center(id);
      },
    });
    this.#guardWheel();
    this.resized = new ResizeObserver(() => this.#fitLegend());
    for (const element of [this.stage.element, this.notes.focus]) this.resized.observe(element);
  }

  get painter() {
    return this.stage.painter;
  }

  setTheme(theme) {
    this.theme = theme;
    this.look.theme = theme;
    this.looks.setDark(theme.dark);
    this.#drawLegend();
    this.stage.setTheme(theme);
  }

  /** Apply the graph part of a payload; nodes that were there stay where they are. */
  apply(part, snapshot, load) {
    const wasRunning = this.layout.running;
    const { added, touched, first } = this.store.apply(part, snapshot, load);
    this.looks.apply(part);
    this.pins.arrived(added);
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
    this.#drawLegend();
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
    const { box } = this.stage;
    if (!box || !this.store.isGhost(id)) return false;
    const { x, y } = this.store.graph.node(id);
    const { x: [left, right], y: [low, high] } = box;
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

  #showFocus() {
    const { focus } = this.look;
    const { graph } = this.store;
    const shown = focus && [...focus].filter((id) => graph.hasNode(id)).length;
    this.notes.sayShown(shown, graph.order, this.lens);
  }

  #showEmpty() {
    this.notes.sayEmpty(this.store.graph.order === 0, this.lens);
  }

  #showTable() {
    const shown = !this.table.shown;
    this.table.show(shown);
    this.tableButton.setAttribute("aria-pressed", String(shown));
    this.stage.element.inert = shown;
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

  /** Whether nothing is arranged, looked for or painted any more. */
  get isAtRest() {
    if (this.layout.running || this.table.pending || this.search.isBusy) return false;
    return this.stage.isAtRest;
  }

  arrange() {
    this.stage.hold(null);
    this.#lay(null);
  }

  destroy() {
    this.layout.stop();
    this.table.destroy();
    clearTimeout(this.late);
    this.resized.disconnect();
    this.search.destroy();
    this.stage.destroy();
  }

  #lay(moving) {
    const { places, titles } = this.looks;
    this.look.grouping = this.arrangement.name === "grouped" ? { group: places.group, titles } : null;
    this.on.layout("running");
    this.look.busy = true;
    clearTimeout(this.late);
    this.late = setTimeout(() => this.notes.sayBusy(), LONG_MS);
    const { name } = this.arrangement;
    this.layout.start(moving, name === "force" || (moving && name !== "axes") ? null : this.arrangement, this.looks.places);
  }

  #moved(done) {
    this.look.draft = false;
    this.look.busy = !done;
    this.painter?.repaint();
    if (!done) return;
    clearTimeout(this.late);
    this.notes.clearBusy();
    if (!this.stage.box) this.#hold();
    this.on.layout("done");
  }

  /** The layout failed: say so; a second try arranges anew. */
  #unarranged(error) {
    clearTimeout(this.late);
    this.notes.clearBusy();
    this.due = true;
    this.look.busy = false;
    this.on.layout("failed");
    this.on.broken(error);
  }

  #fit() {
    this.#hold();
    this.painter?.fit();
  }

  #hold() {
    this.stage.hold(this.store.box());
    this.cleared = null;
    this.#covered();
  }

  /** Choose what a person has marked; with Shift, beside what is chosen already. */
  #area = (ids, event) => {
    const shown = ids.filter((id) => !this.store.isGhost(id));
    const several = event.ctrlKey || event.metaKey || (event.shiftKey && this.look.selected.size > 0);
    this.on.select([...new Set([...(several ? this.look.selected : []), ...shown])]);
    this.tools.setMode("move");
  };

  /** Arrange by this layout, once what it needs is here; now, where that is already. */
  setArrangement(arrangement, now) {
    this.arrangement = arrangement;
    this.due = !now;
    if (now) this.arrange();
  }

  #click = (id, event) => {
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

  #drawLegend() {
    this.legend.draw();
    this.#fitLegend();
  }

  #fitLegend() {
    this.legend.fit(this.stage.element);
    this.#covered();
  }

  /** Fit the graph beside or above what would be in its way. */
  #covered() {
    if (!this.painter) return;
    this.#clear();
    this.painter.eye.covered = this.clear;
    this.look.covered = [this.legend, this.tools].map(({ element }) => boxOver(element, this.stage.element));
    this.painter.repaint();
  }

  /** Only where the graph is fitted anew or sizes have changed: no picture shifts by a change of the graph. */
  #clear() {
    const { element, box } = this.stage;
    const { clientWidth: width, clientHeight: height } = element;
    const lying = [this.legend.element, ...(this.lens ? [this.notes.focus] : [])].filter((over) => over.offsetWidth);
    const boxes = lying.map((over) => boxOver(over, element));
    const sizes = JSON.stringify([width, height, boxes]);
    if (sizes === this.cleared || !box || !width || !height) return;
    this.cleared = sizes;
    this.clear = clearance(boxes, { width, height, box }, this.store.graph);
  }

  #toggle(type) {
    if (!this.look.hidden.delete(type)) this.look.hidden.add(type);
    this.#drawLegend();
    this.painter?.refresh();
    this.table.refresh();
  }
}
