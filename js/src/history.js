// Versions and the density of events, and where they lie on the timeline.

import { scaleLinear, scaleTime } from "d3-scale";

export class History {
  constructor() {
    this.versions = [];
    this.byId = new Map();
    this.width = 1;
    this.counts = new Map();
  }

  apply(part, snapshot) {
    if (snapshot) {
      this.versions = [];
      this.byId.clear();
      this.counts.clear();
    }
    for (const row of part.versions ?? []) {
      if (this.byId.has(row.id)) continue;
      this.byId.set(row.id, this.versions.length);
      this.versions.push(row);
    }
    if (part.density) {
      if (part.density.whole) this.counts.clear();
      this.width = part.density.width;
      for (const [bucket, count] of part.density.counts) this.counts.set(bucket, count);
    }
  }

  version(id) {
    return this.versions[this.byId.get(id)] ?? null;
  }

  /** Branches in the order they first appear, each a lane. */
  lanes() {
    return [...new Set(this.versions.map((version) => version.branch))];
  }

  /** First and last moment there is something to show, in microseconds. */
  timeRange() {
    let [first, last] = [Infinity, -Infinity];
    for (const bucket of this.counts.keys()) {
      first = Math.min(first, bucket * this.width);
      last = Math.max(last, (bucket + 1) * this.width);
    }
    for (const { time } of this.versions) {
      first = Math.min(first, time);
      last = Math.max(last, time);
    }
    return first <= last ? [first, Math.max(last, first + 1e6)] : [0, 1e6];
  }
}

export const LEFT = 34;
export const RIGHT = 104; // leaves room for the tools

/**
 * Where versions and events lie. "steps" gives each version the same room; "time" goes by the
 * clock, though never by it alone: the log decides the order.
 */
export function axis(history, mode, width) {
  const range = [LEFT, Math.max(width - RIGHT, LEFT + 1)];
  if (mode === "time") {
    const domain = history.timeRange().map((micros) => new Date(micros / 1000));
    const scale = scaleTime(domain, range);
    return { scale, at: (version) => new Date(version.time / 1000), last: domain[1] };
  }
  const count = history.versions.length;
  const scale = scaleLinear([count ? -1 : 0, Math.max(count, 1)], range);
  return { scale, at: (version) => history.byId.get(version.id), last: count };
}

const STEPS = [
  [1000, { minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 }],
  [60000, { hour: "2-digit", minute: "2-digit", second: "2-digit" }],
  [86400000, { hour: "2-digit", minute: "2-digit" }],
  [25 * 86400000, { day: "numeric", month: "short" }],
  [330 * 86400000, { month: "short", year: "numeric" }],
  [Infinity, { year: "numeric" }],
];

/** How to write ticks that stand this many milliseconds apart. */
export function tickFormat(step, locale = undefined) {
  const options = STEPS.find(([below]) => step < below)[1];
  const format = new Intl.DateTimeFormat(locale, { hourCycle: "h23", ...options });
  return (date) => format.format(date);
}

/** Bars of the event density: [{from, to, count}] in the units of the axis. */
export function bars(history, mode, seq) {
  if (mode === "time") {
    return [...history.counts].map(([bucket, count]) => ({
      from: new Date((bucket * history.width) / 1000),
      to: new Date(((bucket + 1) * history.width) / 1000),
      count,
    }));
  }
  const found = history.versions.map((version, i) => {
    const before = i ? history.versions[i - 1].seq : 0;
    return { from: i - 1, to: i, count: Math.max(version.seq - before, 0) };
  });
  const last = history.versions.at(-1)?.seq ?? 0;
  // The newest version's own event stands behind the state it holds.
  const open = Math.max(seq - last - (history.versions.length ? 1 : 0), 0);
  const end = history.versions.length;
  if (open) found.push({ from: end - 1, to: end, count: open });
  return found;
}

/** Choose versions, newest first, that stand at least `gap` pixels apart on their lane. */
export function apart(versions, x, gap) {
  const last = new Map();
  const chosen = [];
  for (const version of [...versions].reverse()) {
    const spot = x(version);
    const taken = last.get(version.branch);
    if (taken !== undefined && taken - spot < gap) continue;
    last.set(version.branch, spot);
    chosen.push(version);
  }
  return chosen.reverse();
}
