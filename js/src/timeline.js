// The timeline: a canvas for the picture, buttons for the versions, so that the keyboard works.

import { select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";
import { ago, counted, fullTime, h, iconButton } from "./dom.js";
import { RIGHT, apart, axis, bars, tickFormat } from "./history.js";
import { COLOURS } from "./palette.js";
import { anchors, placeOf, seqAt } from "./playhead.js";
import { Scrubber } from "./scrubber.js";
import { VersionCard } from "./version_card.js";

const ROOM = 64; // pixels a version has when it can
const GAP = 26; // pixels between the buttons of a lane
const LANE = 24;
const TOP = 34;
const FOOT = 18;
const TALLEST = 32;

export class TimelinePanel {
  /** @param on {choose(versionOrNull), compare(version), summary(version), seek(seq), live(),
   *   painted()} */
  constructor(history, on) {
    Object.assign(this, { history, on, mode: "steps", follow: true, transform: zoomIdentity });
    this.meta = {};
    this.canvas = h("canvas.nerv-timeline-canvas", { "aria-hidden": "true" });
    this.marks = h("div.nerv-marks", { role: "group", "aria-label": "Versions" });
    this.modeButton = h("button.nerv-chip-button", { type: "button" });
    this.modeButton.addEventListener("click", () => this.#switchMode());
    this.followButton = iconButton("follow", "Follow the newest version", () => this.#refollow());
    this.scrubber = new Scrubber(on);
    const { playButton, speedButton, element: scrubber } = this.scrubber;
    const moving = h("div.nerv-timeline-moving", {}, playButton, this.followButton);
    const tools = h("div.nerv-timeline-tools", {}, this.modeButton, moving, speedButton);
    this.surface = h("div.nerv-timeline-surface", {}, this.canvas, this.marks, scrubber);
    this.element = h("section.nerv-timeline", { "aria-label": "Timeline" }, this.surface, tools);
    this.card = new VersionCard(this.element, on.summary);
    this.behaviour = zoom()
      .scaleExtent([1, 5000])
      .filter((event) => !event.button && (event.type === "wheel" || !event.target.closest("button, .nerv-scrubber")))
      .on("zoom", (event) => this.#zoomed(event));
    select(this.surface).call(this.behaviour).on("dblclick.zoom", null);
    this.marks.addEventListener("keydown", (event) => this.#key(event));
    this.resized = new ResizeObserver(() => this.refresh());
    this.resized.observe(this.surface);
    this.#showTools();
  }

  setTheme(theme) {
    this.theme = theme;
    this.refresh();
  }

  update(meta) {
    this.meta = meta;
    this.refresh();
  }

  refresh() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      this.#paint();
    });
  }

  destroy() {
    this.scrubber.destroy();
    this.resized.disconnect();
    cancelAnimationFrame(this.pending);
  }

  #switchMode() {
    this.mode = this.mode === "steps" ? "time" : "steps";
    this.follow = true;
    this.#showTools();
    this.refresh();
  }

  #refollow() {
    this.follow = true;
    this.#showTools();
    this.refresh();
  }

  #showTools() {
    const steps = this.mode === "steps";
    this.modeButton.textContent = steps ? "Even" : "Clock";
    this.modeButton.title = steps ? "Each version the same room" : "Versions by the clock";
    this.followButton.setAttribute("aria-pressed", String(this.follow));
  }

  #zoomed({ transform, sourceEvent }) {
    this.transform = transform;
    if (sourceEvent) {
      this.follow = false;
      this.#showTools();
    }
    this.refresh();
  }

  #following(width) {
    const wanted = this.mode === "steps" ? ((this.history.versions.length + 1) * ROOM) / width : 1;
    const k = Math.max(1, wanted);
    const transform = zoomIdentity.translate((width - RIGHT) * (1 - k), 0).scale(k);
    const { x, k: now } = this.transform;
    if (Math.abs(x - transform.x) > 0.5 || Math.abs(now - k) > 1e-6) {
      select(this.surface).call(this.behaviour.transform, transform);
      this.transform = transform;
    }
  }

  #paint() {
    const { clientWidth: width, clientHeight: height } = this.surface;
    if (!width || !height || !this.theme) return;
    this.behaviour.extent([[0, 0], [width, height]]).translateExtent([[0, 0], [width, height]]);
    if (this.follow) this.#following(width);
    const { scale, at, last } = axis(this.history, this.mode, width);
    const zoomed = this.transform.rescaleX(scale);
    const lanes = this.history.lanes();
    const x = (version) => zoomed(at(version));
    const y = (version) => TOP + LANE * lanes.indexOf(version.branch);
    const context = this.#context(width, height);
    this.#bars(context, zoomed, height);
    this.#ticks(context, zoomed, width, height);
    this.#links(context, x, y, zoomed(last));
    this.#buttons(x, y, width, zoomed(last));
    this.#playhead(zoomed, at, last);
    this.on.painted();
  }

  #playhead(zoomed, at, last) {
    const first = this.mode === "steps" ? -1 : this.history.timeRange()[0] / 1000;
    const pairs = anchors(this.history.versions, at, this.meta.seq ?? 0, last, first);
    this.scrubber.update(this.meta, {
      x: (seq) => zoomed(placeOf(pairs, seq)),
      seqAt: (pixel) => seqAt(pairs, +zoomed.invert(pixel)),
    });
  }

  #context(width, height) {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    return context;
  }

  #bars(context, zoomed, height) {
    const found = bars(this.history, this.mode, this.meta.seq ?? 0);
    const most = Math.log1p(found.reduce((max, bar) => Math.max(max, bar.count), 1));
    const foot = height - FOOT;
    const free = foot - TOP - LANE * this.history.lanes().length + 6;
    const room = Math.max(Math.min(free, TALLEST), 10);
    context.fillStyle = this.theme.band;
    for (const bar of found) {
      if (!bar.count) continue;
      const [left, right] = [zoomed(bar.from), zoomed(bar.to)];
      const tall = Math.max((room * Math.log1p(bar.count)) / most, 2);
      const inset = right - left > 8 ? 1.5 : 0;
      context.beginPath();
      const wide = Math.max(right - left - 2 * inset, 1.5);
      context.roundRect(left + inset, foot - tall, wide, tall, [3, 3, 0, 0]);
      context.fill();
    }
  }

  #ticks(context, zoomed, width, height) {
    const foot = height - FOOT + 0.5;
    context.strokeStyle = this.theme.line;
    context.beginPath();
    context.moveTo(0, foot);
    context.lineTo(width, foot);
    context.stroke();
    if (this.mode !== "time") return;
    const ticks = zoomed.ticks(Math.max(2, Math.round(width / 110)));
    const format = tickFormat(ticks[1] - ticks[0] || 1);
    context.font = `10px ${this.theme.font}`;
    context.fillStyle = this.theme.muted;
    context.textAlign = "center";
    for (const tick of ticks) {
      const spot = zoomed(tick);
      context.fillRect(Math.round(spot), foot, 1, 4);
      context.fillText(format(tick), spot, height - 3);
    }
  }

  #links(context, x, y, end) {
    context.lineWidth = 2;
    const lanes = this.history.lanes();
    for (const version of this.history.versions) {
      const lane = lanes.indexOf(version.branch);
      context.strokeStyle = lane ? COLOURS[lane % COLOURS.length] : this.theme.accent;
      for (const id of version.parents) {
        const parent = this.history.version(id);
        if (!parent) continue;
        context.beginPath();
        context.moveTo(x(parent), y(parent));
        const middle = (x(parent) + x(version)) / 2;
        context.bezierCurveTo(middle, y(parent), middle, y(version), x(version), y(version));
        context.stroke();
      }
      context.fillStyle = context.strokeStyle;
      context.beginPath();
      context.arc(x(version), y(version), 3, 0, 2 * Math.PI);
      context.fill();
    }
    const head = this.history.version(this.meta.head);
    if (!head) return;
    context.strokeStyle = this.meta.uncommitted ? this.theme.warn : this.theme.line;
    context.setLineDash([3, 4]);
    context.beginPath();
    context.moveTo(x(head), y(head));
    context.lineTo(end, y(head));
    context.stroke();
    context.setLineDash([]);
  }

  #buttons(x, y, width, end) {
    const visible = this.history.versions.filter((v) => x(v) > -12 && x(v) < width + 12);
    const shown = apart(visible, x, GAP);
    const kept = new Map([...this.marks.children].map((mark) => [mark.dataset.version, mark]));
    const wanted = shown.map((version) => {
      const mark = kept.get(version.id) ?? this.#mark(version);
      mark.style.transform = `translate(${x(version)}px, ${y(version)}px)`;
      const current = this.meta.shown?.id === version.id;
      mark.classList.toggle("nerv-mark-shown", current);
      mark.classList.toggle("nerv-mark-head", this.meta.head === version.id);
      mark.setAttribute("aria-pressed", String(current));
      return mark;
    });
    const now = kept.get("now") ?? this.#nowMark();
    const head = this.history.version(this.meta.head);
    now.style.transform = `translate(${end}px, ${head ? y(head) : TOP}px)`;
    now.classList.toggle("nerv-mark-shown", !this.meta.shown);
    now.classList.toggle("nerv-mark-dirty", this.meta.uncommitted > 0);
    now.setAttribute("aria-pressed", String(!this.meta.shown));
    this.#replace([...wanted, now]);
  }

  /** Change no more than needed, so that the focus stays where it is. */
  #replace(wanted) {
    const keep = new Set(wanted);
    for (const mark of [...this.marks.children]) if (!keep.has(mark)) mark.remove();
    wanted.forEach((mark, i) => {
      if (this.marks.children[i] !== mark) {
        this.marks.insertBefore(mark, this.marks.children[i] ?? null);
      }
    });
    const focused = wanted.includes(document.activeElement) ? document.activeElement : null;
    const entry = focused ?? wanted.find((mark) => mark.classList.contains("nerv-mark-shown"));
    for (const mark of wanted) mark.tabIndex = mark === (entry ?? wanted.at(-1)) ? 0 : -1;
  }

  #mark(version) {
    const named = `${version.label}: ${version.description || "no description"}`;
    const by = version.author ? `, by ${version.author}` : "";
    const mark = h(
      "button.nerv-mark",
      { type: "button", "aria-label": `${named}, ${fullTime(version.time)}${by}` },
      h("span.nerv-dot"),
      h("span.nerv-mark-label", {}, version.label),
    );
    mark.dataset.version = version.id;
    mark.dataset.label = version.label;
    mark.addEventListener("click", (event) =>
      event.shiftKey && this.on.compare ? this.on.compare(version) : this.on.choose(version),
    );
    this.card.tell(mark, () => [
      h("strong", {}, `${version.label}  ${version.description}`),
      h("span", {}, `${ago(version.time)}${by}${version.branch ? ` · ${version.branch}` : ""}`),
      this.card.summary(version),
      this.on.compare ? h("span.nerv-hint", {}, "Shift+click compares it with what is shown") : "",
    ]);
    return mark;
  }

  #nowMark() {
    const mark = h(
      "button.nerv-mark.nerv-mark-now",
      { type: "button", "aria-label": "Now: the live graph" },
      h("span.nerv-dot"),
      h("span.nerv-mark-label", {}, "now"),
    );
    mark.dataset.version = "now";
    mark.addEventListener("click", () => this.on.choose(null));
    this.card.tell(mark, () => [
      h("strong", {}, "The live graph"),
      h("span", {}, `${counted(this.meta.uncommitted ?? 0, "uncommitted change")}`),
    ]);
    return mark;
  }

  #key(event) {
    const marks = [...this.marks.children];
    const at = marks.indexOf(document.activeElement);
    const next = {
      ArrowLeft: at - 1,
      ArrowRight: at + 1,
      Home: 0,
      End: marks.length - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    marks[Math.max(0, Math.min(next, marks.length - 1))]?.focus();
    this.refresh();
  }
}
