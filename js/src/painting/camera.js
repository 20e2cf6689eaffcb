// Which part of the graph is on the screen. Pure: coordinates of the graph to pixels and back.
//
// At a zoom of 1 the whole box is in sight. The middle of the screen is kept in spans of the box,
// so that it stays where it is when the window is resized or the box grows.

export const PADDING = [56, 36]; // beside and above, with room for the tools
const LEAST = 1e-6;
const MIN_ZOOM = 0.15;

export class Camera {
  constructor() {
    Object.assign(this, { x: 0, y: 0, zoom: 1, maxZoom: 100, width: 1, height: 1, covered: [0, 0] });
    this.hold({ x: [-1, 1], y: [-1, 1] });
  }

  resize(width, height) {
    Object.assign(this, { width, height });
  }

  /** Say which box is in sight as a whole at a zoom of 1. */
  hold({ x, y }) {
    this.middle = [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2];
    this.spans = [Math.max(x[1] - x[0], LEAST), Math.max(y[1] - y[0], LEAST)];
  }

  get state() {
    return { x: this.x, y: this.y, zoom: this.zoom };
  }

  set state({ x, y, zoom }) {
    Object.assign(this, { x, y, zoom: Math.min(Math.max(zoom, MIN_ZOOM), this.maxZoom) });
  }

  get #span() {
    return Math.max(...this.spans);
  }

  /** The middle of what is not covered at the left and below, in pixels from the left and from above. */
  get centre() {
    const [left, below] = this.covered;
    return [(this.width + left) / 2, (this.height - below) / 2];
  }

  /** Pixels per unit of the graph. */
  get scale() {
    const { width, height, covered, spans } = this;
    const room = [width, height].map((length, i) => Math.max(length - covered[i] - 2 * PADDING[i], 1));
    return Math.min(room[0] / spans[0], room[1] / spans[1]) * this.zoom;
  }

  /** {left, top, scale}: a place is at (left + x * scale, top - y * scale), in pixels. */
  get view() {
    const { scale, middle, centre } = this;
    return {
      scale,
      left: centre[0] - (middle[0] + this.x * this.#span) * scale,
      top: centre[1] + (middle[1] + this.y * this.#span) * scale,
    };
  }

  toScreen([x, y]) {
    const { left, top, scale } = this.view;
    return [left + x * scale, top - y * scale];
  }

  toGraph([x, y]) {
    const { left, top, scale } = this.view;
    return [(x - left) / scale, (top - y) / scale];
  }

  /** What is in sight, some pixels around it included: {x: [min, max], y: [min, max]}. */
  sight(around = 0) {
    const [left, top] = this.toGraph([-around, -around]);
    const [right, low] = this.toGraph([this.width + around, this.height + around]);
    return { x: [left, right], y: [low, top] };
  }

  pan(dx, dy) {
    const pixels = this.scale * this.#span;
    this.x -= dx / pixels;
    this.y += dy / pixels;
  }

  /** The state after zooming by a factor, with the place under a point staying there. */
  zoomed(factor, point = this.centre) {
    const before = this.state;
    const [x, y] = this.toGraph(point);
    this.state = { ...before, zoom: before.zoom * factor };
    const [right, low] = this.toScreen([x, y]);
    this.pan(point[0] - right, point[1] - low);
    const after = this.state;
    this.state = before;
    return after;
  }

  /** The state with a place in the middle, at least so close. */
  centred([x, y], zoom = this.zoom) {
    const span = this.#span;
    return { x: (x - this.middle[0]) / span, y: (y - this.middle[1]) / span, zoom: Math.max(zoom, this.zoom) };
  }
}

/** The state part of the way from one to another: slow at both ends, and zooming evenly. */
export function between(from, to, share) {
  if (share === 1) return to; // to the bit: a fitted graph is at a zoom of 1, not of nearly 1
  const eased = share < 0.5 ? 2 * share * share : 1 - 2 * (1 - share) ** 2;
  const mix = (a, b) => a + (b - a) * eased;
  return { x: mix(from.x, to.x), y: mix(from.y, to.y), zoom: from.zoom * (to.zoom / from.zoom) ** eased };
}
