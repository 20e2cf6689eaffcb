// The playhead: a slider over the log, by pointer and by keyboard; and playing along it.

import { counted, h, iconButton } from "../common/dom.js";
import { SPEEDS, pace } from "./playhead.js";

const PAGE = 10;

export class Scrubber {
  /** @param on {seek(seq) -> promise of whether it was shown, live(), select(from, to), clear()} */
  constructor(on) {
    Object.assign(this, { on, seq: 0, aim: 0, first: 0, last: 0, range: null, playing: false });
    this.head = h("div.nerv-playhead", {
      role: "slider", tabindex: "0", "aria-label": "Position in the log", "aria-orientation": "horizontal",
    }, h("span"));
    this.strip = h("div.nerv-scrub", { title: "Drag to any event" });
    this.element = h("div.nerv-scrubber", {}, this.strip, this.head);
    this.playButton = iconButton("play", "Play", () => (this.playing ? this.pause() : this.play()));
    const speeds = SPEEDS.map((speed) => h("option", { value: speed, selected: speed === 1 }, `${speed}×`));
    this.speed = h("select.nerv-speed", { title: "Playing speed", "aria-label": "Playing speed" }, ...speeds);
    this.speed.addEventListener("keydown", (event) => event.stopPropagation());
    this.head.addEventListener("keydown", (event) => this.#key(event));
    for (const part of [this.head, this.strip]) {
      part.addEventListener("pointerdown", (event) => this.#drag(event));
    }
    this.#showTools();
  }

  /** @param place {x(seq), seqAt(x)} in pixels of the surface. */
  update({ seq = 0, shown, first = 0 }, place, range) {
    Object.assign(this, { place, range });
    const at = shown ? shown.seq : seq;
    if (at !== this.seq) this.aim = at; // else what was asked for last may still be on its way
    Object.assign(this, { last: seq, first, live: !shown, seq: at });
    this.element.hidden = seq <= this.first; // there is nothing to go through yet
    this.head.style.transform = `translateX(${place.x(this.seq)}px)`;
    this.head.classList.toggle("nerv-playhead-live", this.live);
    const text = this.live ? `now, after ${counted(seq, "event")}` : `${shown.label}: ${shown.description}`;
    const values = { valuemin: this.first, valuemax: seq, valuenow: this.seq, valuetext: text };
    for (const [name, value] of Object.entries(values)) this.head.setAttribute(`aria-${name}`, value);
  }

  /** Show a position; while one is under way, only the newest wish is kept. */
  async seek(seq) {
    this.wanted = this.aim = Math.max(this.first, Math.min(seq, this.last));
    if (this.seeking) return;
    this.seeking = true;
    while (this.wanted !== null) {
      const next = this.wanted;
      this.wanted = null;
      const done = await (next >= this.last ? this.on.live() : this.on.seek(next));
      if (!done) this.pause();
    }
    this.seeking = false;
  }

  /** Go through the events, or those that are selected; from where we are, or the beginning. */
  async play() {
    this.playing = true;
    this.#showTools();
    const [from, to] = this.range ?? [this.first, Infinity];
    let at = this.live || this.seq < from || this.seq >= Math.min(to, this.last) ? from : this.seq;
    while (this.playing && at < Math.min(to, this.last)) {
      const { step, wait } = pace(Number(this.speed.value), Math.min(to, this.last) - from);
      const due = new Promise((resolve) => {
        this.timer = setTimeout(resolve, wait);
      });
      await this.seek(at);
      await due;
      at += step;
    }
    if (this.playing) await this.seek(Math.min(to, this.last));
    this.pause();
  }

  pause() {
    this.playing = false;
    this.#showTools();
  }

  destroy() {
    this.playing = false;
    clearTimeout(this.timer);
  }

  #showTools() {
    const title = this.playing ? "Pause" : "Play the events";
    const fresh = iconButton(this.playing ? "pause" : "play", title, null);
    this.playButton.replaceChildren(...fresh.children);
    this.playButton.title = title;
    this.playButton.setAttribute("aria-label", title);
    this.playButton.setAttribute("aria-pressed", String(this.playing));
  }

  #key(event) {
    if (event.key === "Escape" && this.range) {
      event.stopPropagation();
      this.on.clear();
      return;
    }
    const to = {
      ArrowLeft: this.aim - 1, ArrowRight: this.aim + 1, PageUp: this.aim + PAGE,
      PageDown: this.aim - PAGE, Home: this.first, End: this.last,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.pause();
    // As in a text, Shift selects from where it was first held.
    if (event.shiftKey) this.anchor ??= this.aim;
    else this.anchor = null;
    this.seek(to);
    if (event.shiftKey) this.on.select(this.anchor, this.aim);
  }

  #drag(event) {
    if (event.button) return;
    event.preventDefault();
    event.stopPropagation();
    this.pause();
    this.head.focus({ preventScroll: true });
    const target = event.currentTarget;
    const left = this.element.getBoundingClientRect().left;
    const move = ({ clientX }) => this.seek(this.place.seqAt(clientX - left));
    const end = () => {
      target.removeEventListener("pointermove", move);
      target.removeEventListener("pointerup", end);
      target.removeEventListener("pointercancel", end);
    };
    target.setPointerCapture(event.pointerId);
    target.addEventListener("pointermove", move);
    target.addEventListener("pointerup", end);
    target.addEventListener("pointercancel", end);
    move(event);
  }
}
