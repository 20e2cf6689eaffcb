// The history as columns: versions in log order, the density of events, tags; it only grows.

import { numbers } from "../kernel/columns.js";

/** A typed array that grows. */
class Column {
  constructor(Type) {
    this.values = new Type(256);
  }

  set(i, value) {
    if (i >= this.values.length) {
      const wider = new this.values.constructor(Math.max(this.values.length * 2, i + 1));
      wider.set(this.values);
      this.values = wider;
    }
    this.values[i] = value;
  }
}

const BLOCK = 64;

/** Lines from a version to one that does not follow it on its lane, by where they end. */
class Crossings {
  constructor() {
    Object.assign(this, { parents: [], children: [], earliest: [] });
  }

  add(parent, child) {
    const block = Math.floor(this.parents.length / BLOCK);
    this.earliest[block] = Math.min(this.earliest[block] ?? Infinity, parent);
    this.parents.push(parent);
    this.children.push(child);
  }

  /** Those that touch the versions from one number to another: pairs of parent and child. */
  *touching(from, to) {
    const { parents, children, earliest } = this;
    let k = firstWhere(0, children.length, (n) => children[n] >= from);
    while (k < children.length) {
      if (k % BLOCK === 0 && earliest[k / BLOCK] > to) k += BLOCK;
      else {
        if (parents[k] <= to) yield [parents[k], children[k]];
        k += 1;
      }
    }
  }
}

export class History {
  constructor() {
    this.width = 1;
    this.counts = new Map();
    this.tags = new Map(); // names by the number of their version
    this.truncate(0);
  }

  /** Take a part of a frame: {versions, density, tags}; `versions.first` is where they go on, and
   * tags are pairs of name and id. */
  apply({ versions, density, tags }) {
    if (versions) {
      if (versions.first < this.length) this.truncate(versions.first);
      this.#append(versions);
    }
    if (density) {
      if (density.whole) this.counts.clear();
      this.width = density.width;
      for (const [bucket, count] of density.counts) this.counts.set(bucket, count);
    }
    if (tags) this.named = tags;
    if (tags || versions) this.#nameVersions();
  }

  /** Keep no more than the first versions. */
  truncate(length) {
    const kept = { ids: [], labels: [], descriptions: [], authors: [], branches: [] };
    for (const name of Object.keys(kept)) this[name] = this[name]?.slice(0, length) ?? [];
    this.length = length;
    this.byId = new Map(this.ids.map((id, i) => [id, i]));
    if (length) return this.#reindex();
    this.seqs = new Column(Float64Array);
    this.times = new Column(Float64Array);
    this.clocks = new Column(Float64Array);
    this.parents = [new Column(Int32Array), new Column(Int32Array)];
    return this.#reindex();
  }

  #append(columns) {
    const [seq, time] = [numbers(columns.seq, Float64Array), numbers(columns.time, Float64Array)];
    const [first, second] = ["first_parent", "second_parent"].map((n) => numbers(columns[n], Int32Array));
    const [author, branch] = ["author", "branch"].map((n) => numbers(columns[n], Uint32Array));
    for (let k = 0; k < columns.ids.length; k++) {
      const i = this.length++;
      this.ids.push(columns.ids[k]);
      this.byId.set(columns.ids[k], i);
      this.labels.push(columns.labels[k]);
      this.descriptions.push(columns.descriptions[k]);
      this.authors.push(columns.authors[author[k]]);
      this.branches.push(columns.branches[branch[k]]);
      this.seqs.set(i, seq[k]);
      this.times.set(i, time[k]);
      this.parents[0].set(i, first[k]);
      this.parents[1].set(i, second[k]);
      this.#index(i);
    }
  }

  #reindex() {
    this.rungs = []; // versions that each lie later in the log than all before
    this.crossings = new Crossings();
    this.lanes = new Map(); // by branch: its runs of versions, and from where to where it reaches
    for (let i = 0; i < this.length; i++) this.#index(i);
    this.rowsOf = null;
  }

  #index(i) {
    // The clock never goes back, though clocks of machines do: the log decides the order.
    this.clocks.set(i, Math.max(this.times.values[i], i ? this.clocks.values[i - 1] : 0));
    if (!this.rungs.length || this.seqs.values[i] > this.seqs.values[this.rungs.at(-1)]) this.rungs.push(i);
    const branch = this.branches[i];
    const lane = this.lanes.get(branch) ?? { branch, runs: [], from: i, to: i };
    const run = lane.runs.at(-1);
    for (const { values } of this.parents) {
      const parent = values[i];
      if (parent < 0) continue;
      if (!run) lane.from = Math.min(lane.from, parent);
      if (parent !== run?.[1]) this.crossings.add(parent, i);
      const other = this.lanes.get(this.branches[parent]);
      if (other) other.to = Math.max(other.to, i);
    }
    if (run && this.parents.some(({ values }) => values[i] === run[1])) run[1] = i;
    else lane.runs.push([i, i]);
    lane.to = i;
    this.lanes.set(branch, lane);
    this.rowsOf = null;
  }

  #nameVersions() {
    this.tags.clear();
    for (const [name, id] of this.named ?? []) {
      const i = this.byId.get(id);
      if (i !== undefined) this.tags.set(i, [...(this.tags.get(i) ?? []), name]);
    }
  }

  /** A version by its number, as one object. */
  at(i) {
    if (!(i >= 0 && i < this.length)) return null;
    return {
      id: this.ids[i], label: this.labels[i], description: this.descriptions[i],
      author: this.authors[i], branch: this.branches[i], time: this.times.values[i],
      seq: this.seqs.values[i], tags: this.tags.get(i) ?? [],
    };
  }

  version(id) {
    return this.at(this.byId.get(id));
  }

  /** The row of each branch: branches that do not overlap share one. */
  rows() {
    if (this.rowsOf) return this.rowsOf;
    const ends = [];
    this.rowsOf = new Map();
    for (const { branch, from, to } of this.lanes.values()) {
      let row = ends.findIndex((end) => end <= from);
      if (row === -1 || !this.rowsOf.size) row = ends.length;
      // The first branch keeps its row to itself.
      ends[row] = row ? to : Infinity;
      this.rowsOf.set(branch, row);
    }
    this.rowCount = Math.max(ends.length, 1);
    return this.rowsOf;
  }

  /** First and last moment there is something to show, in microseconds. */
  timeRange() {
    let [first, last] = [Infinity, -Infinity];
    for (const bucket of this.counts.keys()) {
      first = Math.min(first, bucket * this.width);
      last = Math.max(last, (bucket + 1) * this.width);
    }
    if (this.length) {
      first = Math.min(first, this.clocks.values[0]);
      last = Math.max(last, this.clocks.values[this.length - 1]);
    }
    return first <= last ? [first, Math.max(last, first + 1e6)] : [0, 1e6];
  }
}

/** The first index from `low` on for which `is` holds; `high` where it holds for none. */
export function firstWhere(low, high, is) {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (is(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
