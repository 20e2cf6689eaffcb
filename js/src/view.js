// One view of a widget: panels by its mode, fed by the frames of its own stream.

import { answer, pictureOf, positionsOf } from "./graph/answers.js";
import { BranchMenu } from "./versions/branch_menu.js";
import { Commands } from "./commands.js";
import { CommitBar } from "./versions/commit_bar.js";
import { Compare } from "./versions/compare.js";
import { CompareBar } from "./versions/compare_bar.js";
import { Desk } from "./kernel/desk.js";
import { counted, h } from "./common/dom.js";
import { GraphPanel } from "./graph/graph_panel.js";
import { GraphStore } from "./model/graph_store.js";
import { History } from "./model/history.js";
import { Inspector } from "./inspector/inspector.js";
import { Link } from "./kernel/link.js";
import { isGroup } from "./painting/looks.js";
import { Notices } from "./notices.js";
import { OptionsPanel } from "./graph/options_panel.js";
import { Progress } from "./progress.js";
import { statusNews } from "./versions/store_texts.js";
import css from "./common/style.css";
import { readTheme, watchTheme } from "./common/theme.js";
import timelineCss from "./timeline/timeline.css";
import { TimelinePanel } from "./timeline/timeline.js";
import { Traits } from "./traits.js";
import { Waiting } from "./waiting.js";

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class View {
  constructor({ model, el }) {
    this.model = model;
    this.id = newId();
    this.desk = new Desk((message) => this.link.send(message), this.id, {
      late: (command) => this.notices.work(command),
    });
    this.mode = model.get("_mode");
    this.meta = {};
    this.link = new Link(model, this.id, {
      payload: (taken) => this.#apply(taken),
      check: (payload) => this.#check(payload),
      gap: () => this.#mark({ gaps: Number(this.root.dataset.gaps ?? 0) + 1 }),
      reply: (message) => this.desk.hear(message),
      away: (isAway) => this.#setAway(isAway),
      failed: (error) => this.#failed(error),
      ask: (message) => this.#answer(message),
      failure: ({ text }) => this.notices.error(text),
    });
    this.#build();
    el.append(this.root);
    this.cleanups = [
      this.#listen("change:selection", () => this.#selectionChanged()),
      this.#listen("change:height", () => this.#resize()),
      this.#listen("change:theme", () => this.#retheme()),
      this.#listen("change:camera", () => this.traits?.look()),
      this.#listen("change:arrangement", () => this.#arranged()),
      watchTheme(() => this.#retheme()),
    ];
    this.#resize();
    this.#onceAttached(() => this.#retheme());
    this.link.start();
  }

  #build() {
    const { mode } = this;
    this.root = h(`div.nerv.nerv-${mode}`, { "data-mode": mode, "data-view": this.id });
    this.root.nerv = this;
    this.notices = new Notices({ stop: (id) => this.desk.stop(id), again: () => this.#again() });
    this.history = new History();
    this.compare = new Compare(this.desk, { changed: () => this.#compared() });
    this.commands = new Commands(this);
    this.bar = new CommitBar(this.commands, new BranchMenu(this.commands.branches));
    const head = h("header.nerv-header");
    const body = h("div.nerv-body");
    if (mode !== "timeline") this.#buildGraph(head, body);
    if (mode === "explorer") this.#buildInspector(head, body);
    if (mode !== "graph") this.#buildTimeline();
    this.waiting = new Waiting(this.model.get("_still"));
    this.root.append(
      h("style", {}, css + timelineCss),
      ...(mode === "timeline" ? [] : [head]),
      this.notices.element, this.bar.banner, body,
      ...(this.timeline ? [this.timeline.element] : []),
      this.waiting.element,
    );
  }

  #buildGraph(head, body) {
    const { commands } = this;
    this.store = new GraphStore(this.model.get("seed"));
    this.graph = new GraphPanel(this.store, { renderer: this.model.get("renderer") }, {
      select: (ids, clicked) => {
        this.#choose(ids);
        if (clicked && !isGroup(clicked)) this.traits.tell("click", clicked);
      },
      find: (query) => this.desk.ask("find", { query }),
      painted: (kind) => {
        this.#mark({ painted: this.link.seq, renderer: kind });
        this.traits.looked();
      },
      layout: (state) => {
        this.#mark({ layout: state });
        if (state !== "done") return;
        this.#mark({ arranged: Number(this.root.dataset.arranged ?? 0) + 1 });
        this.traits.settled();
      },
      hover: (id) => this.traits.tell("hover", id),
      open: (id) => this.#open(id),
      pin: (ids, places) => {
        commands.run("pin", { ids, places });
        this.traits.settled();
      },
      unpin: () => commands.run("unpin"),
      showAll: () => commands.narrow("show_all"),
      broken: (error) => this.#failed(error),
    });
    this.traits = new Traits(this.model, this.graph, { told: () => this.#mark({ told: this.link.seq }) });
    this.options = new OptionsPanel({
      facets: () => commands.run("facets"),
      filter: (query) => commands.narrow("filter", { query }),
      layout: (layout) => {
        this.traits.set("arrangement", layout);
        this.#arranged();
      },
      collapse: () => commands.narrow("collapse"),
      uncollapse: () => commands.narrow("uncollapse"),
      showAll: () => commands.narrow("show_all"),
      picture: () => commands.savePicture(),
    });
    this.counts = h("span.nerv-counts");
    this.progress = new Progress({ halt: () => this.#halt(), resume: () => this.link.say("resync") });
    this.graph.element.append(this.options.element, this.progress.element);
    head.append(this.graph.search.element, this.graph.tableButton, this.options.button, this.counts);
    body.append(this.graph.element);
  }

  #buildInspector(head, body) {
    this.inspector = new Inspector(this.store, this.desk, this.compare, {
      select: (ids) => this.#choose(ids),
      center: (id) => this.graph.center(id),
      open: (id) => this.#open(id),
      seek: (seq) => this.commands.run("at", { seq }),
      attempt: (name, args) => this.commands.run(name, args),
    });
    this.compareBar = new CompareBar({ close: () => this.compare.start(null) });
    this.graph.element.append(this.compareBar.element);
    head.append(this.bar.element);
    body.append(this.inspector.element);
  }

  #buildTimeline() {
    const { commands } = this;
    const compares = this.mode === "explorer";
    this.timeline = new TimelinePanel(this.history, {
      choose: (version) => (version ? commands.run("at", { version: version.id }) : commands.live()),
      compare: compares ? (version) => commands.compare(version) : null,
      summary: ({ id }) => this.desk.ask("summary", { version: id }),
      seek: (seq) => commands.run("at", { seq }),
      live: () => commands.live(),
      count: (from, to) => this.desk.ask("range", { from, to }),
      mark: compares ? (from, to) => commands.markRange(from, to) : null,
      say: (text) => this.notices.say(text),
      painted: () => this.#mark({ timelinePainted: this.link.seq }),
      broken: (error) => this.#failed(error),
    });
  }

  destroy() {
    this.link.destroy();
    this.desk.close();
    this.traits?.destroy();
    for (const cleanup of this.cleanups) cleanup();
    this.progress?.destroy();
    this.graph?.destroy();
    this.timeline?.destroy();
    this.root.remove();
  }

  /** Where the nodes are, by id. */
  positions() {
    return this.store.positions();
  }

  /** Where a node is on the screen, in pixels from the corner of the graph. */
  spot(id) {
    return this.graph.painter?.spot(id) ?? null;
  }

  /** Whether everything has been answered, arranged and painted, so that nothing changes by itself. */
  get isAtRest() {
    if (!this.link.seq || this.desk.isBusy || this.timeline?.next.asked) return false;
    return this.graph?.isAtRest ?? true;
  }

  // -- kernel -------------------------------------------------------------------------------

  #listen(event, handler) {
    this.model.on(event, handler);
    return () => this.model.off(event, handler);
  }

  /** Whether what is shown is what the kernel shows: as many versions, and the same digest. */
  #check({ versions, digest }) {
    if (versions !== undefined && versions !== this.history.length) return false;
    return !digest || !this.store || this.store.isAt(digest);
  }

  #setAway(isAway) {
    this.notices.setAway(isAway, this.link.seq > 0);
    this.#mark({ away: isAway });
    if (isAway && !this.link.seq) this.waiting.giveUp();
  }

  /** Whatever goes wrong in here is said in place, and can be tried again. */
  #failed(error) {
    console.error(error);
    this.waiting.remove();
    this.notices.failure(error);
    this.#mark({ failed: error.message });
  }

  #apply({ snapshot, payload }) {
    this.waiting.remove();
    if (this.root.dataset.failed) {
      delete this.root.dataset.failed;
      this.notices.clear();
    }
    const before = this.meta;
    if (payload.meta) this.meta = payload.meta;
    this.progress?.update(payload.load, snapshot);
    if (payload.history) this.history.apply(payload.history);
    if (payload.style) this.graph.looks.take(payload.style);
    if (payload.pins) this.graph.pins.take(payload.pins); // before what they hold comes and is arranged
    const touched = payload.graph ? this.graph.apply(payload.graph, snapshot, payload.load) : new Set();
    if (payload.pins || payload.graph) this.traits.settled();
    if (snapshot) this.#selectionChanged();
    else if (this.inspector && (!this.inspector.id || touched.has(this.inspector.id))) {
      this.inspector.refresh();
    }
    if (this.compare.active && (payload.graph || before.shown?.label !== this.meta.shown?.label)) {
      this.commands.attempt(this.compare.refresh());
    }
    if (before.head && before.branch === this.meta.branch && before.head !== this.meta.head) {
      this.notices.say(`${this.meta.head_label} committed`);
    }
    const news = statusNews(before.status, this.meta.status);
    if (news) this.notices.sayOfStore(news);
    this.#show();
  }

  /** Try again after a failure: with new painters, from a new snapshot. */
  #again() {
    this.notices.clear();
    delete this.root.dataset.failed;
    this.graph?.stage.renew();
    this.timeline?.refresh();
    this.link.again();
  }

  /** Leave a large graph at what is here of it. */
  #halt() {
    this.link.say("halt");
    this.graph.halt();
  }

  #show() {
    const { meta } = this;
    const head = this.history.version(meta.head);
    this.bar.update(meta, head);
    this.timeline?.update(meta);
    this.graph?.narrow(meta.lens ?? null);
    this.options?.update(meta.lens ?? null, this.graph.arrangement);
    if (meta.trouble && meta.trouble !== this.trouble) this.notices.error(meta.trouble);
    this.trouble = meta.trouble;
    this.inspector?.setReadOnly(Boolean(meta.shown || meta.closed));
    if (this.counts) {
      const nodes = counted(meta.nodes, "entity", "entities");
      this.counts.textContent = `${nodes} · ${counted(meta.edges, "relation")}`;
    }
    this.#mark({
      version: meta.head_label,
      seq: meta.seq,
      nodes: meta.nodes,
      edges: meta.edges,
      shown: meta.shown ? meta.shown.label : "live",
      uncommitted: meta.uncommitted,
      stream: this.link.seq,
    });
  }

  #mark(data) {
    for (const [name, value] of Object.entries(data)) this.root.dataset[name] = value ?? "";
  }

  // -- person ---------------------------------------------------------------------------------

  #choose(chosen) {
    const ids = chosen.filter((id) => !this.store.isGhost(id));
    this.traits.set("selection", ids);
    this.#selectionChanged();
  }

  /** Show what lies behind a node: the entities of a group, or the neighbours of an entity. */
  #open(id) {
    this.traits.tell("double_click", id);
    const { lens } = this.meta;
    if (isGroup(id) || lens?.filter || lens?.around.length) return this.commands.narrow("expand", { id });
    this.graph.expand(id);
    return null;
  }

  /** The layout was chosen, here or in the kernel. */
  #arranged() {
    this.traits?.arrange();
    this.options?.update(this.meta.lens ?? null, this.graph.arrangement);
  }

  #answer(message) {
    return answer(this.model, message, {
      positions: () => {
        const { ids, xy } = positionsOf(this.store.graph);
        return { ids, buffers: [xy.buffer] };
      },
      png: async ({ scale }) => {
        const bytes = await pictureOf(this.graph, scale);
        return { buffers: [bytes.buffer] };
      },
    });
  }

  #selectionChanged() {
    const ids = [...(this.model.get("selection") ?? [])];
    this.#mark({ selection: ids.join(" ") });
    this.graph?.select(ids);
    this.inspector?.show(ids);
  }

  #compared() {
    const { result, base } = this.compare;
    this.graph.compare(this.compare);
    this.compareBar.update(this.compare, this.meta.shown);
    if (!this.inspector.id) this.inspector.refresh();
    const counts = result?.counts;
    this.#mark({
      base: base?.label,
      compared: counts ? `+${counts.added} ~${counts.changed} -${counts.removed}` : "",
    });
  }

  // -- looks ------------------------------------------------------------------------------------

  #resize() {
    this.root.style.height = `${this.model.get("height")}px`;
  }

  /** Styles can be read only of what is in the page, and that may come after rendering. */
  #onceAttached(run) {
    const observer = new ResizeObserver(() => {
      if (!this.root.isConnected) return;
      observer.disconnect();
      run();
    });
    observer.observe(this.root);
    this.cleanups.push(() => observer.disconnect());
  }

  #retheme() {
    if (!this.root.isConnected) return;
    this.root.dataset.theme = this.model.get("theme");
    const theme = readTheme(this.root);
    const print = JSON.stringify(theme);
    if (print === this.themePrint) return;
    this.themePrint = print;
    this.graph?.setTheme(theme);
    this.timeline?.setTheme(theme);
  }
}
