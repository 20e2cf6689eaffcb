// One view of a widget: panels by its mode, fed by the frames of its own stream.

import { answer, download, pictureOf, positionsOf } from "./answers.js";
import { BranchMenu } from "./branch_menu.js";
import { CommitBar } from "./commit_bar.js";
import { Compare } from "./compare.js";
import { CompareBar } from "./compare_bar.js";
import { Desk } from "./desk.js";
import { confirmIn } from "./dialog.js";
import { counted, h } from "./dom.js";
import { GraphPanel } from "./graph_panel.js";
import { GraphStore } from "./graph_store.js";
import { History } from "./history.js";
import { Inspector } from "./inspector.js";
import { Link } from "./link.js";
import { MergeDialog } from "./merge_dialog.js";
import { Notices } from "./notices.js";
import { Progress } from "./progress.js";
import { statusNews } from "./store_texts.js";
import css from "./style.css";
import { OptionsPanel } from "./options_panel.js";
import { isGroup } from "./looks.js";
import { readTheme, watchTheme } from "./theme.js";
import timelineCss from "./timeline.css";
import { TimelinePanel } from "./timeline.js";

const REST_MS = 250;
const MOST_TOLD = 20_000; // nodes whose places are told unasked; as in nerv_lab/widgets/placed.py

const sameSight = (a, b) => {
  if (!a || !b) return !a === !b;
  const near = (x, y, span) => Math.abs(x - y) <= 1e-4 * span;
  const span = Math.abs(a.x) + Math.abs(a.y) + 1;
  return near(a.x, b.x, span) && near(a.y, b.y, span) && near(a.ratio, b.ratio, a.ratio);
};

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
      this.#listen("change:camera", () => this.#cameraSet()),
      this.#listen("change:arrangement", () => this.#arrangementSet()),
      watchTheme(() => this.#retheme()),
    ];
    this.#resize();
    this.#onceAttached(() => this.#retheme());
    this.link.start();
  }

  #build() {
    const { mode } = this;
    this.root = h(`div.nerv.nerv-${mode}`, { "data-mode": mode, "data-view": this.id });
    this.root.append(h("style", {}, css + timelineCss));
    this.notices = new Notices({
      stop: (id) => this.desk.stop(id),
      again: () => {
        this.notices.clear();
        delete this.root.dataset.failed;
        this.graph?.renew();
        this.timeline?.refresh();
        this.link.again();
      },
    });
    this.history = new History();
    this.compare = new Compare(this.desk, { changed: () => this.#compared() });
    const head = h("header.nerv-header");
    const body = h("div.nerv-body");
    if (mode !== "timeline") {
      this.store = new GraphStore(this.model.get("seed"));
      this.graph = new GraphPanel(this.store, { renderer: this.model.get("renderer") }, {
        select: (ids, clicked) => {
          this.#choose(ids);
          if (clicked && !isGroup(clicked)) this.#tell("click", clicked);
        },
        find: (query) => this.desk.ask("find", { query }),
        painted: (kind) => {
          this.#mark({ painted: this.link.seq, renderer: kind });
          this.#cameraMoved();
        },
        layout: (state) => {
          this.#mark({ layout: state });
          if (state !== "done") return;
          this.#mark({ arranged: Number(this.root.dataset.arranged ?? 0) + 1 });
          this.#settled();
        },
        hover: (id) => this.#tell("hover", id),
        open: (id) => this.#open(id),
        pin: (ids, places) => {
          this.#do("pin", { ids, places });
          this.#settled();
        },
        unpin: () => this.#do("unpin"),
        showAll: () => this.#narrow("show_all"),
        broken: (error) => this.#failed(error),
      });
      this.graph.arrangement = this.model.get("arrangement") ?? { name: "force" };
      this.graph.sight = this.model.get("camera") ?? null;
      this.options = new OptionsPanel({
        facets: () => this.#do("facets"),
        filter: (query) => this.#narrow("filter", { query }),
        layout: (layout) => this.#arrange(layout),
        collapse: () => this.#narrow("collapse"),
        uncollapse: () => this.#narrow("uncollapse"),
        showAll: () => this.#narrow("show_all"),
        picture: () => this.#attempt(this.#savePicture()),
      });
      this.graph.element.append(this.options.element);
      this.counts = h("span.nerv-counts");
      head.append(this.graph.search.element, this.graph.tableButton, this.options.button, this.counts);
      this.progress = new Progress({ halt: () => this.#halt(), resume: () => this.link.say("resync") });
      this.graph.element.append(this.progress.element);
      body.append(this.graph.element);
    }
    this.bar = new CommitBar({
      commit: (description) => this.#commit(description),
      restore: (version) => this.#restore(version),
      live: () => this.#do("live"),
      compare: (version, live) => this.#compare(version, live),
    }, this.#branchMenu());
    if (mode === "explorer") {
      this.inspector = new Inspector(this.store, this.desk, this.compare, {
        select: (ids) => this.#choose(ids),
        center: (id) => this.graph.center(id),
        open: (id) => this.#open(id),
        seek: (seq) => this.#do("at", { seq }),
        attempt: (name, args) => this.#do(name, args),
      });
      body.append(this.inspector.element);
      head.append(this.bar.element);
      this.compareBar = new CompareBar({ close: () => this.compare.start(null) });
      this.graph.element.append(this.compareBar.element);
    }
    if (mode !== "timeline") this.root.append(head);
    this.root.append(this.notices.element, this.bar.banner, body);
    if (mode !== "graph") {
      this.timeline = new TimelinePanel(this.history, {
        choose: (version) => (version ? this.#do("at", { version: version.id }) : this.#do("live")),
        compare: mode === "explorer" ? (version) => this.#compare(version) : null,
        summary: ({ id }) => this.desk.ask("summary", { version: id }),
        seek: (seq) => this.#do("at", { seq }),
        live: () => this.#do("live"),
        count: (from, to) => this.desk.ask("range", { from, to }),
        mark: mode === "explorer" ? (from, to) => this.#markRange(from, to) : null,
        say: (text) => this.notices.say(text),
        painted: () => this.#mark({ timelinePainted: this.link.seq }),
        broken: (error) => this.#failed(error),
      });
      this.root.append(this.timeline.element);
    }
    this.waiting = h("div.nerv-waiting", {}, "Waiting for the kernel…");
    this.root.append(this.waiting);
    this.root.nerv = this;
  }

  #branchMenu() {
    return new BranchMenu({
      refs: () => this.desk.ask("refs"),
      switch: (name) => this.desk.ask("switch", { name }),
      create: (name) => this.desk.ask("create_branch", { name }),
      tag: (name) => this.#tag(name),
      merge: (name) => this.#merge(name),
    });
  }

  destroy() {
    this.link.destroy();
    this.desk.close();
    clearTimeout(this.looking);
    clearTimeout(this.settling);
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
    this.notices.setAway(isAway);
    this.#mark({ away: isAway });
    if (isAway && !this.link.seq) this.waiting.textContent = "";
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
    if (payload.pins) this.graph.takePins(payload.pins); // before what they hold comes and is arranged
    const touched = payload.graph ? this.graph.apply(payload.graph, snapshot, payload.load) : new Set();
    if (payload.pins || payload.graph) this.#settled();
    if (snapshot) this.#selectionChanged();
    else if (this.inspector && (!this.inspector.id || touched.has(this.inspector.id))) {
      this.inspector.refresh();
    }
    if (this.compare.active && (payload.graph || before.shown?.label !== this.meta.shown?.label)) {
      this.#attempt(this.compare.refresh());
    }
    if (before.head && before.branch === this.meta.branch && before.head !== this.meta.head) {
      this.notices.say(`${this.meta.head_label} committed`);
    }
    const news = statusNews(before.status, this.meta.status);
    if (news) this.notices.sayOfStore(news);
    this.#show();
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
    this.model.set("selection", ids);
    this.model.save_changes();
    this.#selectionChanged();
  }

  // -- what is shown of the graph -----------------------------------------------------------------

  #tell(event, id) {
    if ((this.model.get("_events") ?? []).includes(event)) this.model.send({ type: "event", event, id });
  }

  /** Show what lies behind a node: the entities of a group, or the neighbours of an entity. */
  #open(id) {
    this.#tell("double_click", id);
    const { lens } = this.meta;
    if (isGroup(id) || lens?.filter || lens?.around.length) return this.#narrow("expand", { id });
    this.graph.expand(id);
    return null;
  }

  /** Change what is shown, and say how much it is. */
  async #narrow(name, args) {
    const counts = await this.#do(name, args);
    if (!counts) return;
    const { shown, total, added } = counts;
    const more = added ? `${counted(added.length, "more node")}; ` : "";
    this.notices.say(`${more}${shown.toLocaleString("en")} of ${counted(total, "entity", "entities")} shown`);
  }

  #arrange(layout) {
    this.model.set("arrangement", layout);
    this.model.save_changes();
    this.#arrangementSet();
  }

  #arrangementSet() {
    const layout = this.model.get("arrangement") ?? { name: "force" };
    if (JSON.stringify(layout) === JSON.stringify(this.graph?.arrangement)) return;
    const byData = layout.name === "axes" || layout.name === "grouped";
    this.graph?.setArrangement(layout, !byData);
    this.options?.update(this.meta.lens ?? null, layout);
  }

  #cameraSet() {
    const wanted = this.model.get("camera") ?? null;
    if (this.graph && !sameSight(wanted, this.graph.sight)) this.graph.sight = wanted;
  }

  /** Tell the kernel where one looks, once that rests. */
  #cameraMoved() {
    clearTimeout(this.looking);
    this.looking = setTimeout(() => {
      const { sight } = this.graph;
      if (sameSight(sight, this.model.get("camera") ?? null)) return;
      this.model.set("camera", sight);
      this.model.save_changes();
    }, REST_MS);
  }

  /** Tell the kernel where nodes are once they rest; of very many only when it asks. */
  #settled() {
    clearTimeout(this.settling);
    if (this.store.graph.order > MOST_TOLD) return;
    this.settling = setTimeout(() => {
      if (this.graph.layout.running) return;
      const { ids, xy } = positionsOf(this.store.graph);
      this.model.send({ type: "places", ids }, undefined, [xy.buffer]);
      this.#mark({ told: this.link.seq });
    }, REST_MS);
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

  async #savePicture() {
    download(await pictureOf(this.graph, 2), "graph.png");
  }

  #selectionChanged() {
    const ids = [...(this.model.get("selection") ?? [])];
    this.#mark({ selection: ids.join(" ") });
    this.graph?.select(ids);
    this.inspector?.show(ids);
  }

  /** Send a command; what goes wrong is shown here. */
  #do(name, args = {}) {
    return this.#attempt(this.desk.ask(name, args));
  }

  async #attempt(promise) {
    this.notices.clear();
    try {
      return await promise;
    } catch (error) {
      if (error.kind !== "Stopped") this.notices.error(error.message);
      return null;
    }
  }

  async #commit(description) {
    this.bar.busy(true);
    const version = await this.#do("commit", { description });
    this.bar.busy(false);
    if (version) this.bar.input.value = "";
    else this.bar.input.focus();
  }

  /** Mark what differs between a version and what is shown, or the present. */
  async #compare(version, live = false) {
    if (live) await this.#do("live");
    await this.#attempt(this.compare.start(version));
  }

  /** Mark in the graph what changed from one position in the log to another. */
  async #markRange(from, to) {
    if (await this.#do(to >= this.meta.seq ? "live" : "at", { seq: to })) {
      await this.#attempt(this.compare.start({ id: null, seq: from, label: `event ${from}` }));
    }
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

  async #tag(name) {
    const { label } = await this.desk.ask("tag", { name });
    this.notices.say(`${label} is tagged ${name}`);
  }

  #merge(source) {
    new MergeDialog(this.root, this.desk, source, this.meta.branch, {
      merged: ({ label }) => this.notices.say(`${source} is merged: ${label}`),
    });
  }

  async #restore(version) {
    const changes = this.meta.uncommitted;
    const also = changes
      ? ` ${counted(changes, "uncommitted change")} will no longer be in effect, yet stay in the log.`
      : "";
    const sure = await confirmIn(this.root, {
      title: `Restore ${version.label}?`,
      text: `A new version equal to ${version.label} is added; no version is deleted.${also}`,
      action: `Restore ${version.label}`,
    });
    if (sure) await this.#do("rollback", version.id ? { version: version.id } : { seq: version.seq });
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
