// One colour per type, kept for as long as the view lives; the rule is that of nerv_lab/widgets/shown/palette.py.

import { packed } from "../common/colours.js";
import { hash } from "../common/random.js";

export const COLOURS = [
  "#5b7cfa", "#12a594", "#f59e0b", "#e5484d", "#8e4ec6",
  "#0091d4", "#6aa84f", "#e93d82", "#a18072", "#64748b",
];

const VIVID = 8; // the others are for graphs of more types than that

/** Slots in the order in which they are tried from one on. */
function* slotsFrom(first) {
  for (let i = 0; i < VIVID; i++) yield (first + i) % VIVID;
  for (let slot = VIVID; slot < COLOURS.length; slot++) yield slot;
}

export class Palette {
  constructor() {
    this.taken = new Map();
    this.numbers = new Map();
  }

  /** The colour of a type: the one its name hashes to, or the next that is free. */
  colour(type) {
    let slot = this.taken.get(type);
    if (slot === undefined) {
      const first = hash(type) % VIVID;
      const used = new Set(this.taken.values());
      slot = first;
      for (const free of slotsFrom(first)) {
        if (used.has(free)) continue;
        slot = free;
        break;
      }
      this.taken.set(type, slot);
    }
    return COLOURS[slot];
  }

  /** The same, as a number. */
  packed(type) {
    let colour = this.numbers.get(type);
    if (colour === undefined) this.numbers.set(type, (colour = packed(this.colour(type))));
    return colour;
  }

  /** Give colours to types in one order, whatever order they came in. */
  reserve(types) {
    for (const type of [...types].sort()) this.colour(type);
  }
}
