// Labels that do not cover each other: the more important takes its place first.

const CELL = 4;
const GAP = 4;
const AVOIDED = 1;
const TAKEN = 2;

/** Which parts of the screen are taken, in small cells. */
export class Taken {
  constructor(width, height) {
    Object.assign(this, { width, height });
    this.columns = Math.ceil(width / CELL);
    this.rows = Math.ceil(height / CELL);
    this.cells = new Uint8Array(this.columns * this.rows);
  }

  #range({ x, y, width, height }) {
    return [
      Math.max(0, Math.floor(x / CELL)), Math.min(this.columns - 1, Math.floor((x + width) / CELL)),
      Math.max(0, Math.floor(y / CELL)), Math.min(this.rows - 1, Math.floor((y + height) / CELL)),
    ];
  }

  /** Whether a box is free, and in sight as a whole; where it is tolerant, but for what is in the way. */
  isFree(box, tolerant = false) {
    if (box.x < 0 || box.y < 0 || box.x + box.width > this.width || box.y + box.height > this.height) return false;
    const [left, right, top, low] = this.#range(box);
    for (let row = top; row <= low; row++) {
      const from = row * this.columns;
      for (let i = from + left; i <= from + right; i++) if (this.cells[i] > (tolerant ? AVOIDED : 0)) return false;
    }
    return true;
  }

  take(box) {
    const [left, right, top, low] = this.#range(box);
    for (let row = top; row <= low; row++) {
      this.cells.fill(TAKEN, row * this.columns + left, row * this.columns + right + 1);
    }
  }

  /** Keep labels off a box, as far as there is room for them elsewhere. */
  avoid(box) {
    const [left, right, top, low] = this.#range(box);
    for (let row = top; row <= low; row++) {
      for (let i = row * this.columns + left; i <= row * this.columns + right; i++) this.cells[i] ||= AVOIDED;
    }
  }
}

/** The boxes a label may have beside its node, the best first. */
function sides({ x, y, radius, width, height }) {
  const [away, half] = [radius + GAP, height / 2];
  return [
    { x: x + away, y: y - half, width, height },
    { x: x - away - width, y: y - half, width, height },
    { x: x - width / 2, y: y + away, width, height },
    { x: x - width / 2, y: y - away - height, width, height },
  ];
}

/**
 * Find a place for a label beside its node, and take it.
 * @param label {x, y, radius, width, height, important, forced}; an important one may lie over what
 *   is to be avoided, and one that is forced over anything.
 * @returns The box, or null where none is free.
 */
export function placed(taken, label) {
  const options = sides(label);
  const box = options.find((option) => taken.isFree(option))
    ?? (label.important ? options.find((option) => taken.isFree(option, true)) : undefined)
    ?? (label.forced ? options[0] : null);
  if (box) taken.take(box);
  return box;
}
