// The picture of the timeline: bars of events, lanes of branches, ticks of the clock.

import { bars, timeTicks } from "./axis.js";
import { COLOURS } from "../model/palette.js";

export const TOP = 36;
export const FOOT = 18;
const LANE = 24;
const LEAST_LANE = 5;
const TALLEST = 32;
const BAR = 5; // pixels a bar has at least
const NAMED_FROM = 15; // pixels between lanes that leave room for their names

/** Where the rows of branches lie: as far apart as there is room for. */
export class Rows {
  constructor(history, height) {
    this.of = history.rows();
    const free = height - FOOT - TOP - 12;
    this.gap = Math.max(LEAST_LANE, Math.min(LANE, free / history.rowCount));
    this.most = Math.max(0, Math.floor(free / this.gap));
    this.lowest = TOP + this.gap * Math.min(history.rowCount - 1, this.most);
  }

  y(branch) {
    return TOP + this.gap * Math.min(this.of.get(branch) ?? 0, this.most);
  }
}

export function paint(context, { axis, window, rows, theme, meta, height, range }) {
  context.clearRect(0, 0, window.width, height);
  if (range) paintRange(context, window, theme, height, range.map((seq) => axis.placeOf(seq)));
  paintBars(context, axis, window, theme, height, rows);
  paintTicks(context, axis, window, theme, height);
  paintLanes(context, axis, window, rows, theme);
  paintOpen(context, axis, window, rows, theme, meta);
}

function paintRange(context, window, theme, height, places) {
  const [left, right] = places.map((place) => window.x(place));
  context.fillStyle = theme.accent;
  context.globalAlpha = 0.1;
  context.fillRect(left, 0, right - left, height - FOOT);
  context.globalAlpha = 1;
  for (const x of [left, right]) context.fillRect(Math.round(x) - 1, 0, 2, height - FOOT);
}

function paintBars(context, axis, window, theme, height, rows) {
  const found = bars(axis, window, BAR);
  const most = Math.log1p(found.reduce((max, bar) => Math.max(max, bar.count), 1));
  const foot = height - FOOT;
  const room = Math.max(Math.min(foot - rows.lowest - 10, TALLEST), 10);
  context.fillStyle = theme.band;
  context.beginPath();
  for (const { from, to, count } of found) {
    const [left, right] = [window.x(from), window.x(to)];
    const tall = Math.max((room * Math.log1p(count)) / most, 2);
    const inset = right - left > 8 ? 1.5 : 0;
    const wide = Math.max(right - left - 2 * inset, 1.5);
    if (inset) context.roundRect(left + inset, foot - tall, wide, tall, [3, 3, 0, 0]);
    else context.rect(left, foot - tall, wide, tall);
  }
  context.fill();
}

function paintTicks(context, axis, window, theme, height) {
  const foot = height - FOOT + 0.5;
  context.fillStyle = theme.line;
  context.fillRect(0, foot, window.width, 1);
  if (axis.mode !== "time") return;
  context.font = `10px ${theme.font}`;
  context.fillStyle = theme.muted;
  context.textAlign = "center";
  for (const [place, text] of timeTicks(window, Math.max(2, Math.round(window.width / 110)))) {
    context.fillRect(Math.round(window.x(place)), foot, 1, 4);
    context.fillText(text, window.x(place), height - 3);
  }
}

export const laneColour = (row, theme) => (row ? COLOURS[row % COLOURS.length] : theme.accent);

function paintLanes(context, axis, window, rows, theme) {
  const { history } = axis;
  const [first, end] = axis.between(window.from, window.to);
  const paths = new Map(); // one per colour: few strokes, however many lines
  const pathOf = (branch) => {
    const colour = laneColour(rows.of.get(branch), theme);
    if (!paths.has(colour)) paths.set(colour, { lines: new Path2D(), dots: new Path2D() });
    return paths.get(colour);
  };
  const x = (i) => window.x(axis.at(i));
  const names = [];
  for (const { branch, runs, from, to } of history.lanes.values()) {
    if (to < first - 1 || from > end) continue;
    const y = rows.y(branch);
    const { lines } = pathOf(branch);
    for (const [start, last] of runs) {
      if (last < first - 1 || start > end) continue;
      lines.moveTo(Math.max(x(start), -4), y);
      lines.lineTo(Math.min(x(last), window.width + 4), y);
    }
    names.push([branch, Math.max(x(runs[0][0]), 4), y]);
  }
  crossings(history, first, end, x, rows, pathOf);
  dots(history, first, end, x, rows, pathOf);
  // Where more versions than pixels are in view, thin lines keep them apart.
  const dense = end - first > window.width / 3;
  context.lineWidth = dense ? 1 : 2;
  for (const [colour, { lines, dots: spots }] of paths) {
    context.strokeStyle = context.fillStyle = colour;
    context.globalAlpha = dense ? 0.45 : 1;
    context.stroke(lines);
    context.globalAlpha = 1;
    context.fill(spots);
  }
  if (rows.gap >= NAMED_FROM && names.length > 1 && end - first < 200) paintNames(context, names, theme);
}

function crossings(history, first, end, x, rows, pathOf) {
  const drawn = new Set(); // lines that would cover each other are drawn once
  for (const [parent, child] of history.crossings.touching(first - 1, end)) {
    const [from, to] = [history.branches[parent], history.branches[child]];
    const [x1, y1, x2, y2] = [x(parent), rows.y(from), x(child), rows.y(to)];
    const place = `${Math.round(x1)} ${y1} ${Math.round(x2)} ${y2}`;
    if (drawn.has(place)) continue;
    drawn.add(place);
    const { lines } = pathOf(rows.of.get(to) ? to : from);
    const middle = (x1 + x2) / 2;
    lines.moveTo(x1, y1);
    lines.bezierCurveTo(middle, y1, middle, y2, x2, y2);
  }
}

function dots(history, first, end, x, rows, pathOf) {
  const last = new Map();
  const radius = end - first > 500 ? 1.5 : 3;
  for (let i = first; i < end; i++) {
    const branch = history.branches[i];
    const spot = x(i);
    if (spot - (last.get(branch) ?? -9) < 2) continue;
    last.set(branch, spot);
    const { dots: path } = pathOf(branch);
    path.moveTo(spot + radius, rows.y(branch));
    path.arc(spot, rows.y(branch), radius, 0, 2 * Math.PI);
  }
}

function paintNames(context, names, theme) {
  context.font = `10px ${theme.font}`;
  context.fillStyle = theme.muted;
  context.textAlign = "left";
  const taken = new Map();
  for (const [branch, left, y] of names) {
    if (left < (taken.get(y) ?? 0)) continue;
    const text = branch.length > 18 ? `${branch.slice(0, 17)}…` : branch;
    context.fillText(text, left + 9, y + 12);
    taken.set(y, left + context.measureText(text).width + 17);
  }
}

/** From the head to now: what is not committed, if anything. */
function paintOpen(context, axis, window, rows, theme, meta) {
  const head = axis.history.byId.get(meta.head);
  if (head === undefined) return;
  const y = rows.y(axis.history.branches[head]);
  context.strokeStyle = meta.uncommitted ? theme.warn : theme.line;
  context.setLineDash([3, 4]);
  context.beginPath();
  context.moveTo(window.x(axis.at(head)), y);
  context.lineTo(window.x(axis.last), y);
  context.stroke();
  context.setLineDash([]);
}
