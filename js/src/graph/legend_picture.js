// The legend on a canvas, for pictures: what the panel over the graph says, in the same place.

import { counted } from "../common/dom.js";
import { DASH_ARRAYS, pathOf, radiusOf } from "./legend.js";

const ROW = 20;
const PAD = 10;
const MARK = 16;
const GAP = 7;
const SIZE = 12;
const RAMP = 140;
const MOST_TEXT = 32;

const short = (text) => (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text);

/** The lines of a legend, from top to bottom: {text, bold, of, look, count, off, colors, ends}. */
export function linesOf({ sections, types, more }) {
  const lines = [];
  for (const { of, kind, title, rows, ends, colors } of sections) {
    lines.push({ text: of === "edge" ? `${title} (relations)` : title, bold: true });
    if (kind === "axis") lines.push({ text: `${ends[0]} to ${ends[1]}` });
    else if (kind === "ramp") lines.push({ colors }, { ends });
    else for (const row of rows) lines.push({ text: row.text, of, look: row });
  }
  for (const { type, count, off, look } of types) {
    lines.push({ text: type, of: "node", look, off, count: count.toLocaleString("en") });
  }
  if (more) lines.push({ text: counted(more, "more type") });
  return lines;
}

class Pen {
  constructor(context, theme) {
    Object.assign(this, { context, theme });
  }

  font(bold) {
    this.context.font = `${bold ? "600 " : ""}${SIZE}px ${this.theme.font}`;
  }

  widthOf({ text, bold, look, count, colors, ends }) {
    if (colors || ends) return RAMP;
    this.font(bold);
    const said = this.context.measureText(short(text)).width + (look ? MARK + GAP : 0);
    return said + (count ? 2 * GAP + this.context.measureText(count).width : 0);
  }

  line(line, x, y, width) {
    const { context, theme } = this;
    const { text, bold, of, look, off, count, colors, ends } = line;
    if (colors) return this.#ramp(colors, x, y);
    this.font(bold);
    context.globalAlpha = off ? 0.42 : 1;
    context.fillStyle = theme.fg;
    if (ends) {
      context.fillStyle = theme.muted;
      context.fillText(ends[0], x, y);
      this.#right(ends[1], x + RAMP, y);
    } else context.fillText(short(text), x + (look ? MARK + GAP : 0), y);
    context.fillStyle = theme.muted;
    if (count) this.#right(count, x + width, y);
    if (look) this.#mark(of, look, x, y);
    context.globalAlpha = 1;
  }

  #right(text, x, y) {
    this.context.textAlign = "right";
    this.context.fillText(text, x, y);
    this.context.textAlign = "left";
  }

  #mark(of, { color, shape, size, icon, dash, width }, x, y) {
    const { context, theme } = this;
    const tone = color?.[theme.dark ? 1 : 0] ?? theme.muted;
    context.save();
    context.translate(x, y - MARK / 2);
    if (of === "edge") {
      context.strokeStyle = tone;
      context.lineWidth = Math.min(width ?? 2, 8);
      context.setLineDash((DASH_ARRAYS[dash] ?? "").split(" ").filter(Boolean).map(Number));
      context.stroke(new Path2D(`M0 ${MARK / 2}H${MARK}`));
    } else {
      context.fillStyle = tone;
      context.fill(new Path2D(pathOf(shape, radiusOf(size))));
      if (icon) {
        context.font = `9px ${theme.font}`;
        context.textAlign = "center";
        context.fillStyle = theme.fg;
        context.fillText(icon, MARK / 2, MARK / 2);
      }
    }
    context.restore();
  }

  #ramp(colors, x, y) {
    const { context, theme } = this;
    const fill = context.createLinearGradient(x, 0, x + RAMP, 0);
    colors.forEach((pair, i) => fill.addColorStop(i / Math.max(colors.length - 1, 1), pair[theme.dark ? 1 : 0]));
    context.fillStyle = fill;
    context.fillRect(x, y - 5, RAMP, 9);
  }
}

/**
 * Draw a legend.
 * @param content What Legend.content() gives; @param spot {left, below}, pixels from the corner.
 */
export function drawLegend(context, content, spot, theme, height) {
  const lines = linesOf(content);
  if (!lines.length) return;
  const pen = new Pen(context, theme);
  const width = Math.max(...lines.map((line) => pen.widthOf(line)));
  const top = height - spot.below - lines.length * ROW - 2 * PAD;
  context.globalAlpha = 0.9;
  context.fillStyle = theme.bg;
  context.strokeStyle = theme.line;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(spot.left, top, width + 2 * PAD, lines.length * ROW + 2 * PAD, 9);
  context.fill();
  context.globalAlpha = 1;
  context.stroke();
  context.textAlign = "left";
  context.textBaseline = "middle";
  lines.forEach((line, i) => pen.line(line, spot.left + PAD, top + PAD + (i + 0.5) * ROW, width));
}
