// What a pointer does on the graph: drag it, zoom, choose, mark an area, move nodes; and the keys.

const CLICK = 4; // pixels a click may wander
const STEP = 60;
const ZOOM = 1.3;
const NUDGE = 12;

export class Gestures {
  /**
   * @param on {hit(point) -> id or null, hover(point or null), click(id, event), expand(id),
   *   pan(dx, dy), zoom(factor, point), drag(id, point) -> whether it is a node that moves,
   *   nudge(dx, dy) of what is chosen, dropped(), area(points, done, event), fit(), inSight(event), release()}
   */
  constructor(element, on) {
    Object.assign(this, { element, on, mode: "move", pointers: new Map(), press: null });
    this.aborted = new AbortController();
    const listen = (type, handler, options = {}) =>
      element.addEventListener(type, handler, { signal: this.aborted.signal, ...options });
    listen("pointerdown", (event) => this.#down(event));
    listen("pointermove", (event) => this.#move(event));
    for (const type of ["pointerup", "pointercancel"]) listen(type, (event) => this.#up(event));
    listen("pointerleave", () => on.hover(null));
    listen("wheel", (event) => this.#wheel(event), { passive: false });
    listen("dblclick", (event) => this.#double(event));
    listen("keydown", (event) => this.#key(event));
    listen("keyup", ({ key }) => key === "Shift" && this.#rest());
    listen("blur", () => this.#rest());
  }

  destroy() {
    this.aborted.abort();
  }

  #point({ clientX, clientY }) {
    const { left, top } = this.element.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  #down(event) {
    if (event.button !== 0) return;
    const point = this.#point(event);
    this.pointers.set(event.pointerId, point);
    if (this.pointers.size > 1) {
      this.press = null; // two fingers zoom
      return;
    }
    this.element.setPointerCapture(event.pointerId);
    const area = event.shiftKey && this.mode === "move" ? "box" : this.mode;
    this.press = { start: point, last: point, id: this.on.hit(point), moved: false, area, line: [point] };
  }

  #move(event) {
    const point = this.#point(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== "touch") this.on.hover(point);
      return;
    }
    if (this.pointers.size > 1) this.#pinch(event.pointerId, point);
    this.pointers.set(event.pointerId, point);
    const { press } = this;
    if (!press) return;
    const away = Math.hypot(point[0] - press.start[0], point[1] - press.start[1]);
    if (!press.moved && away < CLICK) return;
    if (!press.moved) press.drags = press.area === "move" && press.id !== null && this.on.drag(press.id, press.start);
    press.moved = true;
    this.#dragged(press, point);
    press.last = point;
  }

  #dragged(press, point) {
    if (press.area !== "move") {
      press.line = press.area === "box" ? box(press.start, point) : [...press.line, point];
      this.on.area(press.line, false);
    } else if (press.drags) this.on.drag(press.id, point);
    else this.on.pan(point[0] - press.last[0], point[1] - press.last[1]);
  }

  #pinch(id, point) {
    const [other] = [...this.pointers].filter(([key]) => key !== id).map(([, at]) => at);
    const before = this.pointers.get(id);
    const apart = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]) || 1;
    this.on.pan((point[0] - before[0]) / 2, (point[1] - before[1]) / 2);
    this.on.zoom(apart(point) / apart(before), [(point[0] + other[0]) / 2, (point[1] + other[1]) / 2]);
  }

  #up(event) {
    this.pointers.delete(event.pointerId);
    const { press } = this;
    this.press = null;
    if (!press) return;
    if (event.type === "pointercancel") this.on.area(null, false);
    else if (!press.moved) this.on.click(press.id, event);
    else if (press.area !== "move") this.on.area(press.line, true, event);
    else if (press.drags) this.on.dropped();
  }

  #wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 20 : 1;
    const factor = Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) * (event.ctrlKey ? 0.01 : 0.002));
    this.on.zoom(factor, this.#point(event));
  }

  #double(event) {
    const id = this.on.hit(this.#point(event));
    if (id !== null) this.on.expand(id);
  }

  #key(event) {
    if (event.target !== this.element || event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    const arrow = (dx, dy) => () => (event.shiftKey ? this.#nudge(dx, dy) : this.on.pan(-STEP * dx, -STEP * dy));
    const run = {
      ArrowLeft: arrow(-1, 0), ArrowRight: arrow(1, 0), ArrowUp: arrow(0, -1), ArrowDown: arrow(0, 1),
      "+": () => this.on.zoom(ZOOM), "=": () => this.on.zoom(ZOOM), "-": () => this.on.zoom(1 / ZOOM),
      0: () => this.on.fit(), Escape: () => this.on.click(null, event),
    }[event.key];
    const act = command ? (event.key === "a" ? () => this.on.inSight(event) : null) : run;
    if (!act) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook has shortcuts of its own
    act();
  }

  #nudge(dx, dy) {
    this.nudged = this.on.nudge(NUDGE * dx, NUDGE * dy) || this.nudged;
  }

  /** Shift is let go: what was moved under it lies where it is. */
  #rest() {
    if (!this.nudged) return;
    this.nudged = false;
    this.on.dropped();
  }
}

const box = ([left, top], [right, low]) => [[left, top], [right, top], [right, low], [left, low]];
