// Ids and numbered places for them, with columns of numbers beside: what a graph is kept in.

const ROW = 2048; // columns grow by whole rows, so that a texture can be filled from them

export class Slots {
  /** @param fields {name: [type of array, numbers per slot]}; each becomes a column of this. */
  constructor(fields) {
    Object.assign(this, { fields, capacity: 0, ids: [], index: new Map(), free: [] });
    this.#grow();
  }

  /** How many are in use. */
  get count() {
    return this.index.size;
  }

  /** One more than the highest slot in use; below it there may be empty ones, whose id is null. */
  get end() {
    return this.ids.length;
  }

  has(id) {
    return this.index.has(id);
  }

  /** The slot of an id, or -1. */
  at(id) {
    return this.index.get(id) ?? -1;
  }

  /** Give a new id a slot, whose columns are 0. */
  take(id) {
    const slot = this.free.pop() ?? this.ids.length;
    if (slot === this.capacity) this.#grow();
    this.ids[slot] = id;
    this.index.set(id, slot);
    return slot;
  }

  drop(slot) {
    this.index.delete(this.ids[slot]);
    this.ids[slot] = null;
    this.free.push(slot);
    for (const [name, [, width]] of Object.entries(this.fields)) {
      this[name].fill(0, slot * width, (slot + 1) * width);
    }
  }

  #grow() {
    this.capacity = this.capacity ? this.capacity * 2 : ROW;
    for (const [name, [Type, width]] of Object.entries(this.fields)) {
      const wider = new Type(this.capacity * width);
      if (this[name]) wider.set(this[name]);
      this[name] = wider;
    }
  }
}

const MANY = 4096; // from here on it is cheaper to look at all

/** Which slots changed since somebody asked: some, or so many that it is all. */
export class Changes {
  constructor() {
    this.all = true;
    this.slots = new Set();
  }

  add(slot) {
    if (this.all) return;
    this.slots.add(slot);
    if (this.slots.size > MANY) this.addAll();
  }

  addAll() {
    this.all = true;
    this.slots.clear();
  }

  get any() {
    return this.all || this.slots.size > 0;
  }

  /** Hand over what there is, and begin anew. */
  take() {
    const taken = { all: this.all, slots: [...this.slots], any: this.any };
    this.all = false;
    this.slots.clear();
    return taken;
  }
}

/** Numbers texts in the order they come, and tells the text of a number. */
export class Names {
  constructor(...first) {
    this.texts = [];
    this.index = new Map();
    first.forEach((text) => this.number(text));
  }

  number(text) {
    let number = this.index.get(text);
    if (number === undefined) {
      number = this.texts.length;
      this.texts.push(text);
      this.index.set(text, number);
    }
    return number;
  }
}
