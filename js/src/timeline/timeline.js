// The timeline: a canvas for the picture, buttons for the versions, so that the keyboard works.

import { Axis, Window, bars } from "./axis.js";
import { counted, fullTime, h, iconButton } from "../common/dom.js";
import { NextFrame } from "../common/next_frame.js";
import { RangeBar } from "./range_bar.js";
import { Scrubber } from "./scrubber.js";
import { Marks } from "./timeline_marks.js";
import { watchMoves } from "./timeline_moves.js";
import { FOOT, Rows, paint } from "./timeline_paint.js";
import { VersionCard } from "./version_card.js";

const ROOM = 64; // pixels a version has when it can

export class TimelinePanel {
  /** @param on {choose(versionOrNull), compare(version), summary(version), seek(seq), live(),
   *   count(from, to), mark(from, to), say(text), painted(), broken(error)}; `compare` and `mark` may be null */
  constructor(history, on) {
    Object.assign(this, { history, on, mode: "steps", follow: true, range: null, held: null });
    this.next = new NextFrame(() => this.#paint(), on.broken);
    this.window = new Window();
    this.meta = {};
    this.canvas = h("canvas.nerv-timeline-canvas", { "aria-hidden": "true" });
    this.scrubber = new Scrubber({
      seek: on.seek, live: on.live, clear: () => this.select(null),
      select: (a, b) => this.select([Math.min(a, b), Math.max(a, b)], true),
    });
    this.surface = h("div.nerv-timeline-surface", { tabindex: "-1" });
    this.element = h("section.nerv-timeline", { "aria-label": "Timeline" }, this.surface);
    this.card = new VersionCard(this.element, on.summary);
    this.marks = new Marks(history, this.card, {
      choose: on.choose, compare: on.compare, reveal: (place) => this.#reveal(place),
    });
    this.surface.append(this.canvas, this.marks.element, this.scrubber.element);
    this.#tools();
    this.forget = watchMoves(this.surface, {
      zoom: (factor, x) => this.#moved(() => this.window.zoom(factor, x, this.axis)),
      pan: (pixels) => this.#moved(() => this.window.pan(this.window.place(pixels) - this.window.place(0), this.axis)),
      select: (a, b, done) => this.#brush(a, b, done),
      selecting: () => this.rangeButton.getAttribute("aria-pressed") === "true",
      whole: () => this.#moved(() => this.window.show(this.axis.first, this.axis.last)),
    });
    this.surface.addEventListener("pointermove", (event) => this.#hover(event));
    this.surface.addEventListener("pointerleave", () => this.card.hide());
    this.resized = new ResizeObserver(() => this.refresh());
    this.resized.observe(this.surface);
    this.#showTools();
  }

  #tools() {
    this.modeButton = h("button.nerv-chip-button", { type: "button", onclick: () => this.#switchMode() });
    this.followButton = iconButton("follow", "Follow the newest version", () => this.#refollow());
    this.rangeButton = iconButton("range", "Select a range by dragging (or Shift and drag)", () => {
      const on = this.rangeButton.getAttribute("aria-pressed") !== "true";
      this.rangeButton.setAttribute("aria-pressed", String(on));
    });
    this.rangeButton.setAttribute("aria-pressed", "false");
    this.holdButton = iconButton("hold", "Hold what is shown: live changes wait", () => this.#hold());
    const { playButton, speed } = this.scrubber;
    const buttons = [playButton, this.holdButton, this.rangeButton, this.followButton];
    const moving = h("div.nerv-timeline-moving", {}, ...buttons);
    this.element.append(h("div.nerv-timeline-tools", { role: "group", "aria-label": "Tools of the timeline" }, moving, speed, this.modeButton));
    this.rangeBar = new RangeBar({
      count: this.on.count, show: this.on.mark, clear: () => this.select(null),
      zoom: () => this.#moved(() => this.window.show(...this.range.map((seq) => this.axis.placeOf(seq)), 0.5)),
    });
    const resume = h("button.nerv-chip-button", { type: "button", onclick: () => this.on.live() }, "Resume");
    this.waits = h("span");
    this.holding = h("div.nerv-holding", { hidden: true }, this.waits, resume);
    this.element.append(h("div.nerv-timeline-bars", {}, this.rangeBar.element, this.holding));
  }

  setTheme(theme) {
    this.theme = theme;
    this.refresh();
  }

  update(meta) {
    if (meta.shown && !this.meta.shown) this.left = this.meta.seq ?? meta.seq;
    this.meta = meta;
    this.#showHold();
    this.refresh();
  }

  refresh() {
    this.next.ask();
  }

  destroy() {
    this.scrubber.destroy();
    this.forget();
    this.resized.disconnect();
    this.next.end();
  }

  // -- what is in view ----------------------------------------------------------------------

  #switchMode() {
    this.mode = this.mode === "steps" ? "time" : "steps";
    this.#refollow();
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

  #moved(move) {
    if (!this.axis) return;
    move();
    this.follow = false;
    this.#showTools();
    this.refresh();
  }

  #following() {
    const { axis, window } = this;
    const span = this.mode === "steps" ? (window.right - window.x(window.from)) / ROOM : Infinity;
    window.show(Math.max(axis.first, axis.last - span), axis.last);
  }

  #reveal(place) {
    const { window, axis } = this;
    const margin = (window.span * 40) / window.width;
    const over = Math.max(place + margin - window.to, 0) || Math.min(place - margin - window.from, 0);
    if (over) this.#moved(() => window.pan(over, axis));
    this.next.now();
  }

  #paint() {
    const { clientWidth: width, clientHeight: height } = this.surface;
    if (!width || !height || !this.theme) return;
    const { history, window, theme, meta } = this;
    this.axis = new Axis(history, this.mode, meta.seq ?? 0);
    window.width = width;
    if (this.follow) this.#following();
    else window.keepIn(this.axis);
    const { axis, range } = this;
    const rows = new Rows(history, height);
    paint(this.#context(width, height), { axis, window, rows, theme, meta, height, range });
    this.marks.render({ axis, window, rows, meta });
    this.scrubber.update(meta, {
      x: (seq) => window.x(axis.placeOf(seq)),
      seqAt: (pixel) => axis.seqAt(window.place(pixel)),
    }, range);
    this.on.painted();
  }

  #context(width, height) {
    const ratio = globalThis.devicePixelRatio || 1;
    const [wide, tall] = [width, height].map((length) => Math.round(length * ratio));
    // Setting the size anew takes the canvas' memory anew.
    if (this.canvas.width !== wide || this.canvas.height !== tall) Object.assign(this.canvas, { width: wide, height: tall });
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }

  // -- ranges -------------------------------------------------------------------------------

  #brush(a, b, done) {
    if (Math.abs(a - b) < 4) return done ? this.select(null) : undefined;
    const [from, to] = [a, b].map((x) => this.axis.seqAt(this.window.place(x))).sort((p, q) => p - q);
    return this.select([Math.max(from, this.meta.first ?? 0), to], done);
  }

  /** Select from one position in the log to another, or nothing. */
  select(range, done = true) {
    this.range = range && range[1] > range[0] ? range : null;
    const [from, to] = (this.range ?? [0, 0]).map((seq) => this.axis.placeOf(seq));
    const versions = this.axis.between(from + 1e-9, to);
    this.rangeBar.update(this.range, versions[1] - versions[0], done);
    this.element.dataset.range = this.range ? this.range.join(" ") : "";
    this.refresh();
  }

  // -- holding ------------------------------------------------------------------------------

  #hold() {
    if (this.held !== null || this.meta.shown) return this.on.live();
    this.held = this.left = this.meta.seq;
    this.follow = false;
    this.#showTools();
    this.on.say(`Held at event ${this.held}`);
    return this.on.seek(this.held);
  }

  #showHold() {
    const { shown, seq } = this.meta;
    if (this.held !== null && this.arrived && shown?.seq !== this.held) {
      this.held = null;
      if (!shown) this.#refollow();
    }
    this.arrived = this.held !== null && shown?.seq === this.held;
    const waiting = shown ? Math.max(seq - this.left, 0) : 0;
    this.holdButton.disabled = Boolean(this.meta.closed);
    this.holdButton.setAttribute("aria-pressed", String(this.held !== null));
    this.holding.hidden = this.held === null && !waiting;
    this.waits.textContent = `${this.held === null ? "" : `Held at event ${this.held} · `}${counted(waiting, "new event")} ${waiting === 1 ? "waits" : "wait"}`;
    this.element.dataset.waiting = waiting;
  }

  // -- hovering -----------------------------------------------------------------------------

  /** What the bars under the pointer stand for. */
  #hover(event) {
    const box = this.surface.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (event.target.closest("button") || !this.axis) return;
    const inBand = y > box.height - FOOT - 32 && y < box.height - FOOT && !event.buttons;
    const place = this.window.place(x);
    const bar = inBand ? bars(this.axis, this.window, 5).find(({ from, to }) => from <= place && place < to) : null;
    if (!bar) {
      if (this.hovering) this.card.hide();
      this.hovering = false;
      return;
    }
    this.hovering = true;
    const [from, to] = [bar.from, bar.to].map((edge) => this.axis.seqAt(edge));
    const places = from + 1 === to ? `event ${to}` : `events ${from + 1} to ${to}`;
    const when = this.mode === "time" ? `${fullTime(bar.from * 1000)} to ${fullTime(bar.to * 1000)}` : places;
    this.card.show(() => new DOMRect(event.clientX, box.top + 24, 0, 0), [
      h("strong", {}, counted(bar.count, "event")), h("span", {}, when),
    ]);
  }
}
