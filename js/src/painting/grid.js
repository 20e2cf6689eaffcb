// Nodes by where they are: which are in a box, which is nearest. Built from their places at once.

const PER_CELL = 4;

export class Grid {
  /** @param slots Numbers of the nodes to find; @param place x and y by number. */
  constructor(slots, place) {
    this.place = place;
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const slot of slots) {
      const [x, y] = [place[2 * slot], place[2 * slot + 1]];
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x > box[2]) box[2] = x;
      if (y > box[3]) box[3] = y;
    }
    const side = Math.max(1, Math.ceil(Math.sqrt(slots.length / PER_CELL)));
    const wide = Math.max(box[2] - box[0], box[3] - box[1]) || 1;
    Object.assign(this, { left: box[0], low: box[1], side, cell: wide / side || 1 });
    this.#fill(slots);
  }

  /** Sort by cell: how many there are in each, and with that where each begins. */
  #fill(slots) {
    this.starts = new Uint32Array(this.side * this.side + 1);
    const cells = new Uint32Array(slots.length);
    slots.forEach((slot, i) => {
      cells[i] = this.#row(this.place[2 * slot + 1]) * this.side + this.#column(this.place[2 * slot]);
      this.starts[cells[i] + 1]++;
    });
    for (let i = 1; i < this.starts.length; i++) this.starts[i] += this.starts[i - 1];
    const next = this.starts.slice();
    this.slots = new Uint32Array(slots.length);
    slots.forEach((slot, i) => {
      this.slots[next[cells[i]]++] = slot;
    });
  }

  #column(x) {
    return Math.min(Math.max(Math.floor((x - this.left) / this.cell), 0), this.side - 1);
  }

  #row(y) {
    return Math.min(Math.max(Math.floor((y - this.low) / this.cell), 0), this.side - 1);
  }

  /** Visit the nodes whose place is in a box {x: [min, max], y: [min, max]}. */
  inBox({ x, y }, visit) {
    const [from, to] = [this.#column(x[0]), this.#column(x[1])];
    for (let row = this.#row(y[0]); row <= this.#row(y[1]); row++) {
      const end = this.starts[row * this.side + to + 1];
      for (let i = this.starts[row * this.side + from]; i < end; i++) {
        const slot = this.slots[i];
        const [px, py] = [this.place[2 * slot], this.place[2 * slot + 1]];
        if (px >= x[0] && px <= x[1] && py >= y[0] && py <= y[1]) visit(slot);
      }
    }
  }

  /** Slots in a box. */
  within(box) {
    const found = [];
    this.inBox(box, (slot) => found.push(slot));
    return found;
  }

  /** Slots inside of a closed line of points [x, y]. */
  inside(line) {
    const [xs, ys] = [line.map(([x]) => x), line.map(([, y]) => y)];
    const box = { x: [Math.min(...xs), Math.max(...xs)], y: [Math.min(...ys), Math.max(...ys)] };
    return this.within(box).filter((slot) => encloses(line, this.place[2 * slot], this.place[2 * slot + 1]));
  }
}

/** Whether a point is inside of a closed line: a ray from it crosses the line an odd number of times. */
export function encloses(line, x, y) {
  let inside = false;
  for (let i = 0, j = line.length - 1; i < line.length; j = i++) {
    const [[ax, ay], [bx, by]] = [line[i], line[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
