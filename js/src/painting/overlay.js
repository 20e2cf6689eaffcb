// What lies over the painted graph: icons, labels, marks of a comparison, what is pointed at. Text
// is drawn on a 2D canvas by either painter, so that both look the same.

import { courseOf, lengthOf, pointOn } from "./curves.js";
import { Taken, placed } from "./labels.js";
import { FORCED, LABEL, NO_LABEL } from "./look.js";
import { coveredBy, drawMarks } from "./marks.js";
import { bendOf } from "./scene.js";
import { outline } from "./shapes.js";
import { Titles, placesOf, titled } from "./titles.js";

const SIZE = 12;
const EDGE_SIZE = 10.5;
const TITLE_SIZE = 13;
const MOST_TEXT = 40;
const NAMED_RADIUS = 4; // of nodes whose name is worth room, in pixels
const LEAST_TAKEN = 5; // pixels of a node that no label may lie over
const LEAST_AVOIDED = 1.5; // and of one that they lie over only where there is no other place
const CHOSEN_RIM = 4; // pixels of the ring around a node that is chosen
const LANDMARKS = 14; // the largest nodes have names however small they are
const MOST_FORCED = 80;
const MOST_ICONS = 1500;
const ICON_RADIUS = 5;
const FEW_EDGES = 60; // so few that all their names may be shown
const BUCKETS = 1024;
const MOST_OWN = 2000;
const ALONG = [0.5, 0.4, 0.6, 0.3, 0.7]; // where on a relation its name may be
const ROOM = 44; // pixels a relation is longer than its name, at least

function short(text) {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text;
}

export class Overlay {
  constructor(canvas, scene) {
    Object.assign(this, { canvas, scene, store: scene.store, look: scene.look, widths: new Map(), listed: -1 });
    this.titles = new Titles(scene);
  }

  /** @param frame As brushes take it; `area` is a closed line to be drawn, or null. */
  draw(frame, area) {
    const { width, height, ratio } = frame;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    const context = (this.context ??= this.canvas.getContext("2d"));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    Object.assign(this, { frame, graph: this.store.graph, theme: this.look.theme });
    if (this.font !== this.theme.font) this.widths.clear();
    this.font = this.theme.font;
    this.taken = new Taken(width, height);
    for (const box of this.look.covered) this.taken.take(box);
    this.#weigh();
    if (this.look.draft) return;
    this.#icons();
    this.#room();
    const { marks } = this.look;
    if (marks) drawMarks(context, this.theme, this.graph, marks, (id) => this.#marked(id));
    this.#titles();
    this.#nodeLabels();
    this.#edgeLabels();
    this.#pointed();
    if (area) this.#area(area);
  }

  // -- where things are -------------------------------------------------------------------

  spot(slot) {
    const { left, top, scale } = this.frame.view;
    const { place } = this.graph.nodes;
    const radius = this.scene.radius(slot) * this.frame.grow;
    return { x: left + place[2 * slot] * scale, y: top - place[2 * slot + 1] * scale, size: radius };
  }

  #marked(id) {
    const slot = this.graph.nodes.at(id);
    return slot < 0 || this.scene.isHidden(slot) ? null : this.spot(slot);
  }

  #inSight({ x, y, size }) {
    const { width, height } = this.frame;
    return x > -size - 60 && y > -size && x < width + size && y < height + size;
  }

  #course(slot) {
    const { ends } = this.graph.edges;
    const a = this.spot(ends[2 * slot]);
    const b = ends[2 * slot] === ends[2 * slot + 1] ? a : this.spot(ends[2 * slot + 1]);
    return courseOf(a, b, bendOf(this.scene.edges[2 * slot + 1]), a.size);
  }

  /** Nodes in order of weight: what is drawn in front, then by size; in one pass over the graph. */
  #weigh() {
    if (this.listed === this.scene.listed) return;
    this.listed = this.scene.listed;
    const { nodes, front } = this.scene.lists;
    const starts = new Uint32Array(BUCKETS + 1);
    const bucket = (slot) => BUCKETS - 1 - Math.min(Math.floor(this.scene.radius(slot) * 32), BUCKETS - 1);
    const all = [front.view, nodes.view].map((view) => [...sorted(view, bucket, starts)]);
    this.heaviest = all[0].concat(all[1]);
    this.inFront = all[0].length;
  }

  /** A node with what is drawn around it. */
  #whole(slot) {
    const spot = this.spot(slot);
    const id = this.graph.nodes.ids[slot];
    if (this.look.marks?.[id]) spot.size = coveredBy(spot.size);
    else if (this.look.selected.has(id)) spot.size += CHOSEN_RIM;
    return spot;
  }

  /** What nodes cover is no place for the label of another; a small one gives way to an important label. */
  #room() {
    const { graph } = this;
    if (this.heaviest.length > 4000) return;
    for (const slot of this.heaviest) {
      const { x, y, size } = this.#whole(slot);
      if (size < LEAST_AVOIDED || graph.nodes.ids[slot] === null) continue;
      const box = (half) => ({ x: x - half, y: y - half, width: 2 * half, height: 2 * half });
      this.taken.avoid(box(size * 0.8));
      if (size >= LEAST_TAKEN) this.taken.take(box(size * 0.7));
    }
  }

  // -- text -----------------------------------------------------------------------------------

  #width(text, size) {
    const key = `${size} ${text}`;
    let width = this.widths.get(key);
    if (width !== undefined) return width;
    if (this.widths.size > 5000) this.widths.clear();
    width = this.context.measureText(text).width;
    this.widths.set(key, width);
    return width;
  }

  #text(text, x, y, color) {
    const { context } = this;
    context.strokeStyle = this.theme.bg;
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.globalAlpha = 0.85;
    context.strokeText(text, x, y);
    context.globalAlpha = 1;
    context.fillStyle = color;
    context.fillText(text, x, y);
  }

  /** Titles of discs, and of nodes that stand for a whole type; labels make way for them. */
  #titles() {
    const { context, frame, graph, look, scene } = this;
    this.titled = new Set();
    const { left, top, scale } = frame.view;
    const boxes = !look.grouping ? [] : this.titles.of(look.grouping, look.groups).map((group) => {
      const rim = group.rim * frame.grow;
      return {
        text: group.text, left: left + group.left * scale - rim, right: left + group.right * scale + rim,
        top: top - group.top * scale - rim, low: top - group.low * scale + rim,
      };
    });
    for (const id of look.groups.keys()) {
      const slot = graph.nodes.at(id);
      if (slot < 0 || scene.isHidden(slot)) continue;
      this.titled.add(slot);
      const { x, y, size } = this.spot(slot);
      boxes.push({ text: graph.labelAt(slot), left: x - size, right: x + size, top: y - size, low: y + size });
    }
    if (!boxes.length) return;
    context.font = `600 ${TITLE_SIZE}px ${this.font}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    const drawn = [];
    for (const box of boxes) {
      const text = short(box.text);
      const width = this.#width(text, TITLE_SIZE);
      const options = placesOf(box, width, TITLE_SIZE + 3, frame);
      const place = titled(this.taken, drawn, options);
      if (place) this.#text(text, place.x, place.y + place.height / 2, this.theme.fg);
    }
  }

  #nodeLabels() {
    const { context, frame, graph, scene } = this;
    context.font = `${SIZE}px ${this.font}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    const most = Math.min(160, Math.max(20, (frame.width * frame.height) / 7000));
    const least = this.heaviest.length <= 100 ? 3 : NAMED_RADIUS;
    let [shown, forced] = [0, 0];
    for (let i = 0; i < this.heaviest.length; i++) {
      const slot = this.heaviest[i];
      const wanted = scene.nodeLabels[slot];
      if (wanted === NO_LABEL || this.titled.has(slot)) continue;
      const must = wanted === FORCED && forced < MOST_FORCED;
      if (!must && shown >= most) {
        if (i >= this.inFront) break;
        continue;
      }
      const spot = this.spot(slot);
      if (!must && spot.size < least && i >= this.inFront + LANDMARKS) break;
      if (!this.#inSight(spot)) continue;
      const text = short(graph.labelAt(slot));
      if (!text || graph.nodes.ids[slot] === this.look.hovered) continue;
      const box = placed(this.taken, {
        ...spot, radius: this.#whole(slot).size, width: this.#width(text, SIZE), height: SIZE + 3, forced: must, important: i < this.inFront + LANDMARKS,
      });
      if (!box) continue;
      shown++;
      if (must) forced++;
      this.#text(text, box.x, box.y + box.height / 2, this.theme.fg);
    }
  }

  #edgeLabels() {
    const { above, straight, curved } = this.frame.lists;
    const { context, graph, scene, theme } = this;
    context.font = `${EDGE_SIZE}px ${this.font}`;
    context.textAlign = "center";
    for (const slot of above.view) {
      const wanted = scene.edgeLabels[slot];
      if (wanted !== NO_LABEL) this.#edgeLabel(slot, theme.accent, wanted === FORCED);
    }
    for (const slot of [...graph.ownEdgeLabels.keys()].slice(0, MOST_OWN)) {
      if (scene.edgeLabels[slot] === LABEL && !scene.isEdgeHidden(slot)) this.#edgeLabel(slot, theme.muted, false);
    }
    const calm = !this.look.marks && !above.length && straight.length + curved.length <= FEW_EDGES;
    if (calm) for (const list of [straight, curved]) for (const slot of list.view) this.#ambient(slot);
  }

  /** The name of a relation where there is plenty of room for it. */
  #ambient(slot) {
    const { graph } = this;
    if (graph.ownEdgeLabels.has(slot)) return;
    const [a, b] = [0, 1].map((side) => this.spot(graph.edges.ends[2 * slot + side]));
    const free = Math.hypot(a.x - b.x, a.y - b.y) - a.size - b.size;
    if (free < this.#width(short(graph.edgeLabelAt(slot)), EDGE_SIZE) + ROOM) return;
    this.#edgeLabel(slot, this.theme.muted, false);
  }

  #edgeLabel(slot, color, forced) {
    const text = short(this.graph.edgeLabelAt(slot));
    const course = this.#course(slot);
    if (!text || !this.#inSight({ ...pointOn(course, 0.5), size: 40 })) return;
    const width = this.#width(text, EDGE_SIZE);
    const length = lengthOf(course);
    if (length < width + (forced ? 0 : 16)) return;
    const boxes = ALONG.map((t) => {
      const { x, y } = pointOn(course, t);
      return { x: x - width / 2, y: y - 7, width, height: 14 };
    });
    const box = boxes.find((option) => this.taken.isFree(option)) ?? (forced ? boxes[0] : null);
    if (!box) return;
    this.taken.take(box);
    this.#text(text, box.x + width / 2, box.y + 7, color);
  }

  #icons() {
    const { graph, scene, context } = this;
    if (graph.icons.texts.length < 2) return;
    context.textAlign = "center";
    context.textBaseline = "middle";
    let drawn = 0;
    for (const slot of this.heaviest) {
      const icon = graph.nodes.icon[slot];
      if (!icon || drawn >= MOST_ICONS) continue;
      const spot = this.spot(slot);
      if (spot.size < ICON_RADIUS || !this.#inSight(spot)) continue;
      drawn++;
      context.font = `600 ${Math.round(spot.size * 1.15)}px ${this.font}`;
      context.fillStyle = lightness(scene.nodes[2 * slot]) > 0.6 ? "#15181f" : "#ffffff";
      context.fillText(graph.icons.texts[icon], spot.x, spot.y + spot.size * 0.06);
    }
  }

  /** What is pointed at: a ring, and its name in a box. */
  #pointed() {
    const slot = this.graph.nodes.at(this.look.hovered);
    if (slot < 0 || this.scene.isHidden(slot)) return;
    const { context, theme } = this;
    const { x, y, size } = this.spot(slot);
    context.lineWidth = 2.5;
    context.strokeStyle = theme.accent;
    outline(context, this.graph.nodes.shape[slot], x, y, size + 3);
    context.stroke();
    const text = short(this.graph.labelAt(slot));
    if (!text) return;
    context.font = `600 ${SIZE}px ${theme.font}`;
    const width = context.measureText(text).width + 14;
    const right = x + size + 6 + width < this.frame.width;
    const left = right ? x + size + 6 : x - size - 6 - width;
    context.shadowColor = "rgba(0,0,0,.28)";
    context.shadowBlur = 8;
    context.fillStyle = theme.bg;
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    context.beginPath();
    context.roundRect(left, y - SIZE / 2 - 5, width, SIZE + 10, 5);
    context.fill();
    context.shadowBlur = 0;
    context.stroke();
    context.fillStyle = theme.fg;
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(text, left + 7, y + 0.5);
  }

  #area(points) {
    const { context, theme } = this;
    context.beginPath();
    points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
    context.fillStyle = theme.band;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = theme.accent;
    context.setLineDash([5, 3]);
    context.stroke();
    context.setLineDash([]);
  }
}

/** Slots by bucket, those of one bucket in the order they had. */
function sorted(slots, bucket, starts) {
  starts.fill(0);
  for (const slot of slots) starts[bucket(slot) + 1]++;
  for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
  const result = new Uint32Array(slots.length);
  for (const slot of slots) result[starts[bucket(slot)]++] = slot;
  return result;
}

function lightness(colour) {
  return (0.3 * (colour & 255) + 0.59 * ((colour >>> 8) & 255) + 0.11 * ((colour >>> 16) & 255)) / 255;
}
