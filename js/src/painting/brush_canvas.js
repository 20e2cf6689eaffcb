// Paints a scene on a 2D canvas, for machines without WebGL: the same picture, only slower.

import { alphaOf, css } from "../common/colours.js";
import { arrowOn, backwards, courseOf, headLength } from "./curves.js";
import { DASH_PATTERNS, HEAD, PINNED, RING, TAIL, bendOf, dashOf, gained, radiusOf, shapeOf, widthOf } from "./scene.js";
import { outline } from "./shapes.js";

const BATCH = 400; // lines in one path, where there are many
const DOT = 1.6; // a radius below which a square does for a circle

export class CanvasBrush {
  constructor(canvas) {
    Object.assign(this, { kind: "canvas", canvas, lost: false, slow: true });
  }

  send() {} // it reads the scene itself

  draw(scene, frame) {
    const { width, height, ratio, lists } = frame;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    const context = (this.context ??= this.canvas.getContext("2d"));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    Object.assign(this, { scene, frame, graph: scene.store.graph });
    this.#edges(lists.straight, frame.skip);
    this.#edges(lists.curved, frame.skip);
    if (frame.arrows) for (const list of [lists.straight, lists.curved]) this.#arrows(list);
    this.#edges(lists.above, 1);
    if (frame.arrows) this.#arrows(lists.above);
    this.#nodes(lists.nodes);
    this.#nodes(lists.front);
  }

  #spot(slot) {
    const { left, top, scale } = this.frame.view;
    const { place } = this.graph.nodes;
    return { x: left + place[2 * slot] * scale, y: top - place[2 * slot + 1] * scale };
  }

  #radius(slot) {
    return radiusOf(this.scene.nodes[2 * slot + 1]) * this.frame.grow;
  }

  #isFar(a, b) {
    const { width, height } = this.frame;
    return (a.x < -40 && b.x < -40) || (a.y < -40 && b.y < -40) || (a.x > width + 40 && b.x > width + 40) || (a.y > height + 40 && b.y > height + 40);
  }

  #course(slot) {
    const { ends } = this.graph.edges;
    const [from, to] = [ends[2 * slot], ends[2 * slot + 1]];
    const a = this.#spot(from);
    const b = from === to ? a : this.#spot(to);
    if (this.#isFar(a, b)) return null;
    return courseOf(a, b, bendOf(this.scene.edges[2 * slot + 1]), this.#radius(from));
  }

  #edges(list, skip) {
    const { context, frame, scene } = this;
    const batch = list.length > BATCH ? BATCH : 1;
    let [last, lines] = ["", 0];
    const flush = () => {
      if (lines) context.stroke();
      lines = 0;
    };
    context.lineCap = "butt";
    for (let i = 0; i < list.length; i += skip) {
      const slot = list.slots[i];
      const course = this.#course(slot);
      if (!course) continue;
      const [color, bits] = [scene.edges[2 * slot], scene.edges[2 * slot + 1]];
      const style = `${color} ${bits & 0xfff}`;
      if (style !== last || lines >= batch) {
        flush();
        this.#style(color, bits, frame.gain);
        context.beginPath();
        last = style;
      }
      lines++;
      context.moveTo(course[0], course[1]);
      if (bits >> 24 || course[0] !== course[6] || course[1] !== course[7]) this.#line(course, bits);
      else context.bezierCurveTo(...course.slice(2));
    }
    flush();
    context.setLineDash([]);
  }

  #line(course, bits) {
    if (bendOf(bits)) this.context.bezierCurveTo(...course.slice(2));
    else this.context.lineTo(course[6], course[7]);
  }

  #style(color, bits, gain) {
    const { context } = this;
    const width = widthOf(bits);
    const alpha = gained(alphaOf(color), gain) * Math.min(1, width);
    context.strokeStyle = css(color, alpha);
    context.lineWidth = Math.max(width, 1);
    context.setLineDash(DASH_PATTERNS[dashOf(bits)] ?? []);
  }

  #arrows(list) {
    const { scene } = this;
    for (let i = 0; i < list.length; i++) {
      const slot = list.slots[i];
      const bits = scene.edges[2 * slot + 1];
      if (!(bits & (HEAD | TAIL))) continue;
      const course = this.#course(slot);
      if (!course) continue;
      const { ends } = this.graph.edges;
      if (bits & HEAD) this.#arrow(slot, course, this.#radius(ends[2 * slot + 1]));
      if (bits & TAIL) this.#arrow(slot, backwards(course), this.#radius(ends[2 * slot]));
    }
  }

  #arrow(slot, course, radius) {
    const { context, scene } = this;
    const [color, bits] = [scene.edges[2 * slot], scene.edges[2 * slot + 1]];
    const length = headLength(widthOf(bits), radius);
    const arrow = arrowOn(course, radius, length);
    if (!arrow) return;
    const { tip, tail } = arrow;
    const away = Math.hypot(tip.x - tail.x, tip.y - tail.y) || 1;
    const [dx, dy] = [(tip.x - tail.x) / away, (tip.y - tail.y) / away];
    context.fillStyle = css(color, Math.min(1, gained(alphaOf(color), this.frame.gain) * 1.5));
    context.beginPath();
    context.moveTo(tip.x, tip.y);
    for (const side of [-0.42, 0.42]) {
      context.lineTo(tip.x - length * (dx + side * dy), tip.y - length * (dy - side * dx));
    }
    context.fill();
  }

  #nodes(list) {
    const { context, frame, scene } = this;
    let last = null;
    for (let i = 0; i < list.length; i++) {
      const slot = list.slots[i];
      const at = this.#spot(slot);
      const radius = this.#radius(slot);
      if (this.#isFar({ x: at.x - radius, y: at.y - radius }, { x: at.x + radius, y: at.y + radius })) continue;
      const [color, bits] = [scene.nodes[2 * slot], scene.nodes[2 * slot + 1]];
      if (color !== last) context.fillStyle = css((last = color));
      if (radius < DOT && !(bits & RING)) {
        const side = radius * 1.77;
        context.globalAlpha = Math.min(1, radius * 2);
        context.fillRect(at.x - side / 2, at.y - side / 2, side, side);
        context.globalAlpha = 1;
        continue;
      }
      if (radius > 3.5) {
        context.fillStyle = context.strokeStyle = frame.theme.bg;
        context.lineWidth = 2.4;
        outline(context, shapeOf(bits), at.x, at.y, radius);
        context.stroke();
        context.fillStyle = css(color);
      }
      outline(context, shapeOf(bits), at.x, at.y, radius);
      context.fill();
      if (bits & PINNED) this.#pin(at, radius, (last = null));
      if (bits & RING) this.#ring(bits, at, radius);
    }
  }

  #pin({ x, y }, radius) {
    this.context.fillStyle = this.frame.theme.bg;
    outline(this.context, 0, x, y, Math.max(1.5, radius * 0.3));
    this.context.fill();
  }

  #ring(bits, { x, y }, radius) {
    this.context.lineWidth = 2.5;
    this.context.strokeStyle = this.frame.theme.accent;
    outline(this.context, shapeOf(bits), x, y, shapeOf(bits) ? radius + 3.6 : radius + 3);
    this.context.stroke();
  }

  kill() {}
}
