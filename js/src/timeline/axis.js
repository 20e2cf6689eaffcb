// Where versions, events and moments lie: places on an axis, which a window shows a part of.

import { timeTicks as roundTimes } from "d3-time";
import { firstWhere } from "../model/history.js";

export const LEFT = 34;
export const RIGHT = 112; // leaves room for the tools

/**
 * Places of a history. "steps" gives each version the same room; "time" goes by the clock, though
 * never by it alone: the log decides the order.
 */
export class Axis {
  constructor(history, mode, seq) {
    Object.assign(this, { history, mode, seq });
    const [first, last] = mode === "time" ? history.timeRange().map((micros) => micros / 1000) : [-1, history.length];
    Object.assign(this, { first, last });
  }

  /** The place of a version by its number. */
  at(i) {
    return this.mode === "time" ? this.history.clocks.values[i] / 1000 : i;
  }

  /** Numbers of the versions from one place to another: from the first, to before the last. */
  between(from, to) {
    const { length } = this.history;
    if (this.mode !== "time") {
      return [Math.max(0, Math.ceil(from)), Math.min(length, Math.floor(to) + 1)].map((i) => Math.min(i, length));
    }
    return [firstWhere(0, length, (i) => this.at(i) >= from), firstWhere(0, length, (i) => this.at(i) > to)];
  }

  /** Pairs of position and place that enclose a value; between them the events stand evenly. */
  #around(is) {
    const { rungs, seqs } = this.history;
    const k = firstWhere(0, rungs.length, (n) => is(seqs.values[rungs[n]], this.at(rungs[n])));
    const rung = (n) => (n < 0 ? [0, this.first] : n < rungs.length ? [seqs.values[rungs[n]], this.at(rungs[n])] : [this.seq, this.last]);
    return [rung(k - 1), rung(k)];
  }

  /** The place of a position in the log. */
  placeOf(seq) {
    const [[fromSeq, from], [toSeq, to]] = this.#around((found) => found >= seq);
    if (toSeq <= fromSeq) return seq <= fromSeq ? from : to;
    return from + ((to - from) * (Math.min(seq, toSeq) - fromSeq)) / (toSeq - fromSeq);
  }

  /** The position in the log that lies nearest to a place. */
  seqAt(place) {
    const [[fromSeq, from], [toSeq, to]] = this.#around((_, found) => found >= place);
    const share = to > from ? Math.max(0, Math.min((place - from) / (to - from), 1)) : 0;
    return Math.round(fromSeq + Math.max(toSeq - fromSeq, 0) * share);
  }
}

/** The part of an axis that is in view. */
export class Window {
  constructor() {
    Object.assign(this, { from: 0, to: 1, width: 1 });
  }

  get span() {
    return this.to - this.from;
  }

  get right() {
    return Math.max(this.width - RIGHT, LEFT + 1);
  }

  x(place) {
    return LEFT + ((place - this.from) / this.span) * (this.right - LEFT);
  }

  place(x) {
    return this.from + ((x - LEFT) / (this.right - LEFT)) * this.span;
  }

  /** Show from one place to another; never nothing, nor less than `least` of it. */
  show(from, to, least = 1e-6) {
    const short = Math.max(least - (to - from), 0) / 2;
    Object.assign(this, { from: from - short, to: to + short });
  }

  /** Zoom, a pixel staying where it is. */
  zoom(factor, x, axis) {
    const fixed = this.place(x);
    const [most, least] = [axis.last - axis.first, axis.mode === "time" ? 20 : 0.5];
    const span = Math.max(Math.min(this.span / factor, most), least);
    const share = (fixed - this.from) / this.span;
    this.show(fixed - share * span, fixed + (1 - share) * span);
    this.keepIn(axis);
  }

  /** Move so that something of the axis stays in view. */
  pan(places, axis) {
    this.show(this.from + places, this.to + places);
    this.keepIn(axis);
  }

  keepIn({ first, last }) {
    const most = last - first;
    if (this.span >= most) return this.show(first, last, 1e-6);
    const over = Math.max(first - this.from, 0) - Math.max(this.to - last, 0);
    return this.show(this.from + over, this.to + over);
  }
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

/** Round moments in view: [place, text]. */
export function timeTicks(window, count) {
  const ticks = roundTimes(new Date(window.from), new Date(window.to), count);
  const format = tickFormat(ticks[1] - ticks[0] || 1);
  return ticks.map((tick) => [+tick, format(tick)]);
}

/**
 * Bars of the event density in view: [{from, to, count}] in places. On even steps a bar is as many
 * versions as `pixels` have, and is counted by the log; by the clock it is a bucket.
 */
export function bars(axis, window, pixels) {
  const { history } = axis;
  if (axis.mode === "time") {
    const found = [];
    for (const [bucket, count] of history.counts) {
      const [from, to] = [(bucket * history.width) / 1000, ((bucket + 1) * history.width) / 1000];
      if (to >= window.from && from <= window.to) found.push({ from, to, count });
    }
    return found;
  }
  const { length, seqs } = history;
  const until = (i) => (i < 0 ? 0 : i < length ? seqs.values[i] : Math.max(axis.seq - (length ? 1 : 0), seqs.values[length - 1] ?? 0));
  const step = Math.max(1, Math.ceil((window.span * pixels) / (window.right - LEFT)));
  const found = [];
  const start = Math.max(0, Math.floor((Math.floor(window.from) + 1) / step) * step);
  for (let i = start; i <= length && i - 1 <= window.to; i += step) {
    const end = Math.min(i + step - 1, length);
    // The newest version's own event stands behind the state it holds.
    const count = Math.max(until(end) - until(i - 1), 0);
    if (count) found.push({ from: i - 1, to: end, count });
  }
  return found;
}
