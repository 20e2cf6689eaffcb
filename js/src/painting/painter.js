// The painted graph: camera, pictures and gestures, the same whichever brush paints it.

import { Camera } from "./camera.js";
import { Dragging } from "./dragging.js";
import { Flight } from "./flight.js";
import { Framing } from "./framing.js";
import { Gestures } from "./gestures.js";
import { NextFrame } from "../common/next_frame.js";
import { Overlay } from "./overlay.js";
import { Picking } from "./picking.js";
import { Scene } from "./scene.js";

const REST_MS = 160; // after the last move the picture is painted in full
const SLIDE_MS = 250;
const BACK_MS = 5000; // a lost context that is not back by then is given up

export class Painter {
  /**
   * @param Brush WebglBrush or CanvasBrush.
   * @param on {painted(), click(id, event), expand(id), area(ids, event), moved(ids), failed(),
   *   broken(error)}; `failed` means that there is nothing to paint on, `broken` that a picture failed
   */
  constructor(Brush, store, look, container, on) {
    Object.assign(this, { store, look, container, on, box: null, all: true, area: null, stale: true });
    this.shown = false; // whether all of a graph was painted once
    this.next = new NextFrame((now) => this.#paint(now), (error) => this.#broken(error));
    this.flight = new Flight({
      at: () => this.camera, move: (state) => this.#look(state), broken: (error) => this.#broken(error),
    });
    [this.canvas, this.over] = [0, 1].map(() => {
      const canvas = document.createElement("canvas");
      canvas.className = "nerv-canvas";
      return canvas;
    });
    this.scene = new Scene(store, look);
    this.brush = new Brush(this.canvas, () => this.refresh());
    this.overlay = new Overlay(this.over, this.scene);
    this.eye = new Camera();
    this.framing = new Framing(this.scene, this.eye, this.brush);
    this.picking = new Picking(this.scene, this.eye, this.overlay);
    this.dragging = new Dragging(store, look, this.eye);
    container.append(this.canvas, this.over);
    this.gestures = new Gestures(container, this.#actions());
    this.canvas.addEventListener("webglcontextlost", () => this.#lost());
    this.resized = new ResizeObserver(() => this.repaint());
    this.resized.observe(container);
    this.refresh();
  }

  get kind() {
    return this.brush.kind;
  }

  /** Whether all is painted as it is, and nothing moves. */
  get isAtRest() {
    return Boolean(this.frame) && !(this.stale || this.next.asked || this.moving || this.flight.isOn);
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
    if (!this.#isHasty || this.all || !this.stale || !this.shown || !this.framing.isSlow || !frame) return false;
    if (now - this.painted > Math.max(SLIDE_MS, (this.moving ? 6 : 2) * this.framing.cost)) return false;
    const { left, top, scale } = this.eye.view;
    const grown = scale / frame.view.scale;
    this.#transform(`matrix(${grown},0,0,${grown},${left - frame.view.left * grown},${top - frame.view.top * grown})`);
    return true;
  }

  #transform(text) {
    this.canvas.style.transform = this.over.style.transform = text;
  }

  #frame(width, height) {
    return this.framing.frame(width, height, { hasty: this.#isHasty, shown: this.shown });
  }

  #measure(start) {
    const { hasty } = this.frame;
    this.timing = requestAnimationFrame((now) => {
      if (hasty && now > start) this.framing.learn(now - start, this.moving);
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
    this.flight.stop();
    this.#look(state);
  }

  #look(state) {
    this.eye.state = state;
    this.stir();
  }

  /** What is in the middle, in coordinates of the graph, and how much is seen: null where it is all. */
  get sight() {
    const { x, y, zoom } = this.eye.state;
    if (!x && !y && zoom === 1) return null;
    const [middle, high] = this.eye.toGraph(this.eye.centre);
    return { x: middle, y: high, ratio: 1 / zoom };
  }

  set sight(sight) {
    if (!sight) return this.fit();
    this.eye.hold(this.box ?? this.store.box());
    this.flight.to({ ...this.eye.centred([sight.x, sight.y]), zoom: 1 / sight.ratio }, 300);
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
    this.flight.to({ x: 0, y: 0, zoom: 1 }, 220);
  }

  zoom(factor) {
    this.flight.to(this.eye.zoomed(factor), 160);
  }

  center(id) {
    const spot = this.store.graph.node(id);
    if (spot) this.flight.to(this.eye.centred([spot.x, spot.y], 1.6), 300);
  }

  /** Where a node is on the screen, in pixels of the container. */
  spot(id) {
    const node = this.store.graph.node(id);
    const [x, y] = this.eye.toScreen([node.x, node.y]);
    return { x, y };
  }

  /** The id of the node or edge at a point, or null. */
  hit(point) {
    return this.frame ? this.picking.hit(point, this.frame) : null;
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
        this.flight.stop();
        this.eye.pan(dx, dy);
        this.stir();
      },
      zoom: (factor, point) => {
        this.camera = this.eye.zoomed(factor, point);
      },
      drag: (id, point) => this.#drag(id, point),
      nudge: (dx, dy) => this.#nudge(dx, dy),
      dropped: () => {
        const moved = this.dragging.drop();
        if (moved) on.moved(moved);
      },
      area: (line, done, event) => this.#mark(line, done, event),
      fit: () => this.fit(),
      inSight: (event) => on.area(this.picking.within(this.eye.sight()), event),
    };
  }

  #mark(line, done, event) {
    this.area = done ? null : line;
    this.touch();
    if (done && this.frame) this.on.area(this.picking.inside(line), event);
  }

  #drag(id, point) {
    if (!this.dragging.canMove(id)) return false;
    this.hold(this.box ?? this.store.box()); // before the box grows with what is moved
    this.dragging.move(id, point);
    this.stir();
    return true;
  }

  /** Move what is chosen by so many pixels, for the keyboard. */
  #nudge(dx, dy) {
    const id = this.dragging.chosen;
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
