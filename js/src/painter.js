// The painted graph: camera, picking and gestures, the same whichever brush paints it.

import { Camera, between } from "./camera.js";
import { courseOf, distanceTo } from "./curves.js";
import { Gestures } from "./gestures.js";
import { Grid } from "./grid.js";
import { NextFrame } from "./next_frame.js";
import { Overlay } from "./overlay.js";
import { Scene, bendOf } from "./scene.js";

const MANY = 20000; // items from which on it pays to leave out what is not in sight
const CLOSE = 1.3; // and the zoom from which on much is not
const FEW_ARROWS = 6000;
const REST_MS = 160; // after the last move the picture is painted in full
const REACH = 4;
const EDGE_REACH = 5;
const LEAST_LINES = 4000; // edges that are painted while moving, whatever it costs
const SLOW_MS = 32; // a picture that takes longer is pushed along, rather than painted for every move
const CANVAS_LINES = 8000; // to begin with, without WebGL
const SOFTWARE_LINES = 12000; // and without a graphics card
const SLIDE_MS = 250;
const AT_REST = 8; // times as many edges are painted once nothing moves
const ROUGH = 50000; // edges from which on they are thin lines even then
const SLOW_ROUGH = 12000; // the same without a graphics card
const DOTS = 3000; // nodes from which on small ones are painted as dots
const DOT_RADIUS = 4;
const BACK_MS = 5000; // a lost context that is not back by then is given up

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Painter {
  /**
   * @param Brush WebglBrush or CanvasBrush.
   * @param on {painted(), click(id, event), expand(id), area(ids, event), moved(ids), failed(),
   *   broken(error)}; `failed` means that there is nothing to paint on, `broken` that a picture failed
   */
  constructor(Brush, store, look, container, on) {
    Object.assign(this, { store, look, container, on, box: null, all: true, lines: 30000, area: null, cost: 0, stale: true });
    this.shown = false; // whether all of a graph was painted once
    this.next = new NextFrame((now) => this.#paint(now), (error) => this.#broken(error));
    this.flight = new NextFrame(() => this.#flyOn(), (error) => this.#broken(error));
    [this.canvas, this.over] = [0, 1].map(() => {
      const canvas = document.createElement("canvas");
      canvas.className = "nerv-canvas";
      return canvas;
    });
    this.scene = new Scene(store, look);
    this.brush = new Brush(this.canvas, () => this.refresh());
    this.overlay = new Overlay(this.over, this.scene);
    this.eye = new Camera();
    container.append(this.canvas, this.over);
    this.gestures = new Gestures(container, this.#actions());
    this.canvas.addEventListener("webglcontextlost", () => this.#lost());
    this.resized = new ResizeObserver(() => this.repaint());
    this.resized.observe(container);
    if (this.brush.slow) this.lines = this.kind === "canvas" ? CANVAS_LINES : SOFTWARE_LINES;
    this.refresh();
  }

  get kind() {
    return this.brush.kind;
  }

  /** Whether all is painted as it is, and nothing moves. */
  get isAtRest() {
    return Boolean(this.frame) && !(this.stale || this.next.asked || this.moving || this.flight.asked);
  }

  /** A lost context may come back; where it does not, someone else has to paint. */
  #lost() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.brush.lost && this.on.failed(), BACK_MS);
  }

  // -- painting -------------------------------------------------------------------------------

  /** Looks have changed: what is chosen, found, hidden or compared, or the theme. */
  refresh() {
    this.all = true;
    this.repaint();
  }

  /** The graph or the camera has changed. */
  repaint() {
    this.stale = true;
    this.touch();
  }

  /** Only what lies over the graph has changed. */
  touch() {
    this.next.ask();
  }

  /** Whoever asks for the next picture gets all of it anew. */
  #broken(error) {
    this.all = this.stale = true;
    this.on.broken(error);
  }

  setTheme() {
    this.refresh(); // its colours are those of the looks
  }

  /** Keep places where they are on the screen, whatever is added outside of this box. */
  hold(box) {
    this.box = box;
    this.repaint();
  }

  #paint(now) {
    const { clientWidth: width, clientHeight: height } = this.container;
    if (!width || !height || !this.look.theme) return;
    this.eye.resize(width, height);
    this.eye.hold(this.box ?? this.store.box());
    if (this.#slides(now)) return;
    if (this.stale) this.#base(now, width, height);
    this.overlay.draw(this.frame, this.area);
    this.on.painted();
  }

  #base(now, width, height) {
    const changed = this.scene.update(this.all);
    this.all = this.stale = false;
    this.brush.send(this.scene, changed);
    this.frame = this.#frame(width, height);
    this.brush.draw(this.scene, this.frame);
    this.#transform("");
    this.painted = now;
    this.shown ||= this.store.graph.order > 0 && !this.look.draft;
    this.#measure(now);
  }

  /** Whether a fast picture will do for now, since a better one is to follow. */
  get #isHasty() {
    return this.moving || this.look.busy || this.look.draft;
  }

  /** Where painting is slow, push the picture along while it moves, and paint it now and then. */
  #slides(now) {
    const { frame } = this;
    if (!this.#isHasty || this.all || !this.stale || !this.shown || this.cost < SLOW_MS || !frame) return false;
    if (now - this.painted > Math.max(SLIDE_MS, (this.moving ? 6 : 2) * this.cost)) return false;
    const { left, top, scale } = this.eye.view;
    const grown = scale / frame.view.scale;
    this.#transform(`matrix(${grown},0,0,${grown},${left - frame.view.left * grown},${top - frame.view.top * grown})`);
    return true;
  }

  #transform(text) {
    this.canvas.style.transform = this.over.style.transform = text;
  }

  #frame(width, height) {
    const { eye, scene } = this;
    const { order, size } = this.store.graph;
    eye.maxZoom = Math.max(100, 2 * Math.sqrt(order));
    const frame = {
      width, height, view: eye.view, theme: this.look.theme, grow: Math.sqrt(eye.zoom),
      ratio: Math.min(window.devicePixelRatio || 1, 3), gain: Math.max(1, eye.zoom ** 0.45),
      lists: scene.lists, listed: `${scene.listed}`,
    };
    if (this.look.draft) Object.assign(frame, { lists: this.#withoutEdges(), listed: `${scene.listed} draft` });
    else if (order + size > MANY && eye.zoom > CLOSE) this.#inSight(frame);
    const { straight, curved, above } = frame.lists;
    const lines = straight.length + curved.length;
    const hasty = (frame.hasty = this.#isHasty);
    frame.skip = Math.max(1, Math.ceil(lines / (hasty && this.shown ? this.lines : AT_REST * this.lines)));
    frame.gain *= Math.min(frame.skip, 6); // of fewer lines each is stronger
    frame.rough = lines > (hasty ? LEAST_LINES : this.brush.slow ? SLOW_ROUGH : ROUGH);
    frame.dots = frame.lists.nodes.length > DOTS && (hasty || this.#areSmall(frame));
    frame.arrows = lines + above.length <= FEW_ARROWS;
    return frame;
  }

  #withoutEdges() {
    const { nodes, front } = this.scene.lists;
    const none = nodes.filter(() => false);
    return { straight: none, curved: none, above: none, nodes, front };
  }

  /** Leave out what is not in sight. */
  #inSight(frame) {
    const { x, y } = this.eye.sight(60);
    const { place } = this.store.graph.nodes;
    const { ends } = this.store.graph.edges;
    const seen = (slot) => {
      const [px, py] = [place[2 * slot], place[2 * slot + 1]];
      return px >= x[0] && px <= x[1] && py >= y[0] && py <= y[1];
    };
    const crosses = (slot) => {
      const [a, b] = [2 * ends[2 * slot], 2 * ends[2 * slot + 1]];
      return !(
        (place[a] < x[0] && place[b] < x[0]) || (place[a] > x[1] && place[b] > x[1]) ||
        (place[a + 1] < y[0] && place[b + 1] < y[0]) || (place[a + 1] > y[1] && place[b + 1] > y[1])
      );
    };
    const { straight, curved, above, nodes, front } = this.scene.lists;
    frame.lists = {
      straight: straight.filter(crosses), curved: curved.filter(crosses), above: above.filter(crosses),
      nodes: nodes.filter(seen), front: front.filter(seen),
    };
    this.cut = (this.cut ?? 0) + 1;
    frame.listed = `${this.scene.listed} ${this.cut}`;
  }

  #areSmall({ grow }) {
    return this.scene.plain && DOT_RADIUS > grow * this.look.grown * 6;
  }

  /** Learn what a picture costs, and paint as many edges while moving as this machine can. */
  #measure(start) {
    const { hasty } = this.frame;
    this.timing = requestAnimationFrame((now) => {
      const took = now - start;
      if (!hasty || !took) return;
      this.cost = this.cost ? 0.6 * this.cost + 0.4 * took : took;
      if (!this.moving) return;
      if (took > SLOW_MS) this.lines = Math.max(LEAST_LINES, this.lines * 0.7);
      else this.lines = Math.min(this.lines * 1.15, 1e6);
    });
  }

  /** Something moves: paint what can be painted fast, and all of it once it rests. */
  stir() {
    this.moving = true;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.moving = false;
      this.repaint();
    }, REST_MS);
    this.repaint();
  }

  // -- the camera -----------------------------------------------------------------------------

  get camera() {
    return this.eye.state;
  }

  set camera(state) {
    this.flight.cancel();
    this.eye.state = state;
    this.stir();
  }

  #fly(to, time) {
    if (calm()) {
      this.camera = to;
      return;
    }
    this.course = { from: this.camera, to, start: performance.now(), time };
    this.flight.now();
  }

  #flyOn() {
    const { from, to, start, time } = this.course;
    const share = Math.min(1, (performance.now() - start) / time);
    this.camera = between(from, to, share);
    if (share < 1) this.flight.ask();
  }

  /** What is in the middle, in coordinates of the graph, and how much is seen: null where it is all. */
  get sight() {
    const { x, y, zoom } = this.eye.state;
    if (!x && !y && zoom === 1) return null;
    const [middle, high] = this.eye.toGraph([this.eye.centre, this.eye.height / 2]);
    return { x: middle, y: high, ratio: 1 / zoom };
  }

  set sight(sight) {
    if (!sight) return this.fit();
    this.eye.hold(this.box ?? this.store.box());
    this.#fly({ ...this.eye.centred([sight.x, sight.y]), zoom: 1 / sight.ratio }, 300);
  }

  /** What is on the screen on a canvas of its own, so many pixels of it for one of the screen. */
  picture(ratio, ground, most) {
    const { width, height } = this.frame ?? { width: 0, height: 0 };
    if (!width || width * height * ratio ** 2 > most) throw new Error("the picture would be too large, or there is none yet; take a smaller scale");
    const frame = { ...this.#frame(width, height), ratio };
    this.brush.draw(this.scene, frame);
    this.overlay.draw(frame, null);
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    const context = canvas.getContext("2d");
    context.fillStyle = ground;
    context.fillRect(0, 0, canvas.width, canvas.height);
    for (const layer of [this.canvas, this.over]) context.drawImage(layer, 0, 0, canvas.width, canvas.height);
    this.repaint();
    return canvas;
  }

  fit() {
    this.#fly({ x: 0, y: 0, zoom: 1 }, 220);
  }

  zoom(factor) {
    this.#fly(this.eye.zoomed(factor), 160);
  }

  center(id) {
    const spot = this.store.graph.node(id);
    if (spot) this.#fly(this.eye.centred([spot.x, spot.y], 1.6), 300);
  }

  /** Where a node is on the screen, in pixels of the container. */
  spot(id) {
    const node = this.store.graph.node(id);
    const [x, y] = this.eye.toScreen([node.x, node.y]);
    return { x, y };
  }

  // -- picking --------------------------------------------------------------------------------

  get #grid() {
    const { graph } = this.store;
    const print = `${graph.moves} ${this.scene.listed}`;
    if (this.gridPrint !== print) {
      const { nodes, front } = this.scene.lists;
      this.grid = new Grid([...nodes.view, ...front.view], graph.nodes.place);
      this.gridPrint = print;
    }
    return this.grid;
  }

  /** The id of the node or edge at a point, or null. */
  hit(point) {
    if (!this.frame) return null;
    return this.#nodeAt(point) ?? this.#edgeAt(point);
  }

  #nodeAt([x, y]) {
    const { graph } = this.store;
    const widest = 40 * Math.max(1, this.frame.grow);
    const [left, top] = this.eye.toGraph([x - widest, y - widest]);
    const [right, low] = this.eye.toGraph([x + widest, y + widest]);
    const { view } = this.eye;
    const grow = Math.sqrt(this.eye.zoom);
    const { place } = graph.nodes;
    let [best, reach] = [-1, REACH];
    this.#grid.inBox({ x: [left, right], y: [low, top] }, (slot) => {
      const [dx, dy] = [view.left + place[2 * slot] * view.scale - x, view.top - place[2 * slot + 1] * view.scale - y];
      const away = Math.hypot(dx, dy) - this.scene.radius(slot) * grow;
      if (away < reach) [best, reach] = [slot, away];
    });
    return best < 0 ? null : graph.nodes.ids[best];
  }

  #edgeAt([x, y]) {
    const { graph } = this.store;
    const { lists, arrows } = this.frame;
    if (!arrows) return null; // too many to tell apart
    let [best, reach] = [-1, EDGE_REACH];
    for (const list of [lists.straight, lists.curved, lists.above]) {
      for (const slot of list.view) {
        const [from, to] = [graph.edges.ends[2 * slot], graph.edges.ends[2 * slot + 1]];
        const a = this.overlay.spot(from);
        const bend = bendOf(this.scene.edges[2 * slot + 1]);
        const course = courseOf(a, from === to ? a : this.overlay.spot(to), bend, a.size);
        const away = distanceTo(course, { x, y }, !bend && from !== to);
        if (away < reach) [best, reach] = [slot, away];
      }
    }
    return best < 0 ? null : graph.edges.ids[best];
  }

  // -- gestures -------------------------------------------------------------------------------

  #actions() {
    const { on } = this;
    return {
      hit: (point) => this.hit(point),
      hover: (point) => this.#hover(point),
      click: (id, event) => on.click(id, event),
      expand: (id) => this.store.graph.hasNode(id) && on.expand(id),
      pan: (dx, dy) => {
        this.flight.cancel();
        this.eye.pan(dx, dy);
        this.stir();
      },
      zoom: (factor, point) => {
        this.camera = this.eye.zoomed(factor, point);
      },
      drag: (id, point) => this.#drag(id, point),
      nudge: (dx, dy) => this.#nudge(dx, dy),
      dropped: () => {
        if (!this.dragged) return; // let go of already, by the other hand
        on.moved(this.dragged.ids);
        this.dragged = null;
      },
      area: (line, done, event) => this.#mark(line, done, event),
      fit: () => this.fit(),
      inSight: (event) => on.area(this.#within(this.eye.sight()), event),
    };
  }

  #within(box) {
    return this.#grid.within(box).map((slot) => this.store.graph.nodes.ids[slot]);
  }

  #mark(line, done, event) {
    this.area = done ? null : line;
    this.touch();
    if (!done || !this.frame) return;
    const slots = this.#grid.inside(line.map((point) => this.eye.toGraph(point)));
    this.on.area(slots.map((slot) => this.store.graph.nodes.ids[slot]), event);
  }

  /** Move a node, and with it all that are chosen where it is one of them. */
  #drag(id, point) {
    const { graph } = this.store;
    if (!graph.hasNode(id) || this.store.isGhost(id)) return false;
    const [x, y] = this.eye.toGraph(point);
    if (!this.dragged) {
      const chosen = this.look.selected.has(id) ? [...this.look.selected] : [id];
      this.dragged = { ids: chosen.filter((other) => graph.hasNode(other)), x, y };
      this.hold(this.box ?? this.store.box());
    }
    const { ids, x: fromX, y: fromY } = this.dragged;
    for (const other of ids) {
      const slot = graph.nodes.at(other);
      if (slot < 0) continue;
      const { place } = graph.nodes;
      graph.move(slot, place[2 * slot] + x - fromX, place[2 * slot + 1] + y - fromY);
    }
    Object.assign(this.dragged, { x, y });
    this.stir();
    return true;
  }

  /** Move what is chosen by so many pixels, for the keyboard. */
  #nudge(dx, dy) {
    const id = [...this.look.selected].find((other) => this.store.graph.hasNode(other) && !this.store.isGhost(other));
    if (!id) return false;
    const { x, y } = this.spot(id);
    this.#drag(id, [x, y]);
    return this.#drag(id, [x + dx, y + dy]);
  }

  #hover(point) {
    const id = point && this.hit(point);
    this.container.style.cursor = this.gestures.mode !== "move" ? "crosshair" : id ? "pointer" : "";
    if (id === this.look.hovered) return;
    this.look.hovered = id;
    if (id) this.on.hover(id);
    this.touch();
  }

  kill() {
    clearTimeout(this.waiting);
    clearTimeout(this.resting);
    this.next.end();
    this.flight.end();
    cancelAnimationFrame(this.timing);
    this.resized.disconnect();
    this.gestures.destroy();
    this.brush.kill();
    this.canvas.remove();
    this.over.remove();
  }
}
