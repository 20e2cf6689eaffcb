// Where the graph is painted, and the life of its painter: a browser has few WebGL contexts, so that
// there is one only while the graph can be seen.

import { CanvasBrush } from "./brush_canvas.js";
import { WebglBrush } from "./brush_webgl.js";
import { h } from "../common/dom.js";
import { Painter } from "./painter.js";
import { rest, wake } from "../common/resting.js";

const RELEASE_MS = 4000;

const KEYS = "Graph. Arrows move it, plus and minus zoom, 0 fits, Shift and arrows move what is selected, Control and A selects what is in sight, Escape clears; the search and the table reach single nodes";

export class Stage {
  /**
   * @param renderer "auto" for WebGL where there is any, or "canvas".
   * @param on As a painter's; besides it, mounted() where there is a new one, and painted(kind).
   */
  constructor(store, look, renderer, on) {
    Object.assign(this, { store, look, renderer, on, painter: null, box: null, mode: "move" });
    this.element = h("div.nerv-stage", { tabindex: "0", role: "application", "aria-label": KEYS });
    this.seen = new IntersectionObserver((entries) => this.#onSight(entries.at(-1)));
    this.seen.observe(this.element);
  }

  setTheme(theme) {
    if (this.painter) this.painter.setTheme(theme);
    else if (this.visible) this.#mount();
  }

  setMode(mode) {
    this.mode = mode;
    if (this.painter) this.painter.gestures.mode = mode;
  }

  /** Which box is in sight as a whole while all is fitted in; null for that of the graph. */
  hold(box) {
    this.box = box;
    this.painter?.hold(box);
  }

  /** Look at a place: {x, y, ratio}, or all for null. */
  set sight(sight) {
    this.wanted = sight;
    if (this.painter) this.painter.sight = sight;
  }

  get sight() {
    return this.painter ? this.painter.sight : (this.wanted ?? null);
  }

  /** Whether nothing is painted any more; out of sight nothing is. */
  get isAtRest() {
    return this.visible === false || Boolean(this.visible && this.painter?.isAtRest);
  }

  /** The painter, also of a graph that is out of sight. */
  awake() {
    this.#mount();
    if (!this.painter) throw new Error("the view is not in the page");
    return this.painter;
  }

  /** Paint with a new painter, after something went wrong in the one there is. */
  renew() {
    if (!this.painter) return;
    this.#unmount();
    this.#mount();
  }

  destroy() {
    this.seen.disconnect();
    clearTimeout(this.releasing);
    this.#unmount();
  }

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
    if (this.painter || !this.look.theme) return;
    const on = {
      ...this.on,
      painted: () => this.on.painted(this.painter?.kind),
      click: (...args) => {
        this.element.focus({ preventScroll: true });
        this.on.click(...args);
      },
      failed: () => this.#remount(),
    };
    const paint = (Brush) => new Painter(Brush, this.store, this.look, this.element, on);
    try {
      this.painter = paint(this.renderer === "canvas" ? CanvasBrush : WebglBrush);
    } catch {
      this.painter = paint(CanvasBrush); // where there is no WebGL
    }
    this.painter.gestures.mode = this.mode;
    this.on.mounted();
    if (this.box) this.painter.hold(this.box);
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

  /** The context of WebGL is lost for good: paint without. */
  #remount() {
    this.renderer = "canvas";
    this.renew();
  }
}
