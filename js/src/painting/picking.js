// What is at a point of the painted graph, or within a part of it.

import { courseOf, distanceTo } from "./curves.js";
import { Grid } from "./grid.js";
import { bendOf } from "./scene.js";

const REACH = 4;
const EDGE_REACH = 5;
const WIDEST = 40; // pixels from the middle of a node that it may cover

export class Picking {
  /** @param eye The camera; `overlay` knows where nodes were painted. */
  constructor(scene, eye, overlay) {
    Object.assign(this, { scene, eye, overlay, graph: scene.store.graph });
  }

  /** The id of the node or edge at a point of a frame, or null. */
  hit(point, frame) {
    return this.#nodeAt(point, frame) ?? this.#edgeAt(point, frame);
  }

  /** Ids of the nodes in a box of the graph. */
  within(box) {
    return this.#ids(this.#grid.within(box));
  }

  /** Ids of the nodes inside a closed line, given in pixels. */
  inside(line) {
    return this.#ids(this.#grid.inside(line.map((point) => this.eye.toGraph(point))));
  }

  #ids(slots) {
    return slots.map((slot) => this.graph.nodes.ids[slot]);
  }

  get #grid() {
    const { graph, scene } = this;
    const print = `${graph.moves} ${scene.listed}`;
    if (this.print !== print) {
      const { nodes, front } = scene.lists;
      this.grid = new Grid([...nodes.view, ...front.view], graph.nodes.place);
      this.print = print;
    }
    return this.grid;
  }

  #nodeAt([x, y], frame) {
    const { eye, graph, scene } = this;
    const widest = WIDEST * Math.max(1, frame.grow);
    const [left, top] = eye.toGraph([x - widest, y - widest]);
    const [right, low] = eye.toGraph([x + widest, y + widest]);
    const { view } = eye;
    const grow = Math.sqrt(eye.zoom);
    const { place } = graph.nodes;
    let [best, reach] = [-1, REACH];
    this.#grid.inBox({ x: [left, right], y: [low, top] }, (slot) => {
      const [dx, dy] = [view.left + place[2 * slot] * view.scale - x, view.top - place[2 * slot + 1] * view.scale - y];
      const away = Math.hypot(dx, dy) - scene.radius(slot) * grow;
      if (away < reach) [best, reach] = [slot, away];
    });
    return best < 0 ? null : graph.nodes.ids[best];
  }

  #edgeAt([x, y], { lists, arrows }) {
    const { graph, overlay, scene } = this;
    if (!arrows) return null; // too many to tell apart
    let [best, reach] = [-1, EDGE_REACH];
    for (const list of [lists.straight, lists.curved, lists.above]) {
      for (const slot of list.view) {
        const [from, to] = [graph.edges.ends[2 * slot], graph.edges.ends[2 * slot + 1]];
        const a = overlay.spot(from);
        const bend = bendOf(scene.edges[2 * slot + 1]);
        const course = courseOf(a, from === to ? a : overlay.spot(to), bend, a.size);
        const away = distanceTo(course, { x, y }, !bend && from !== to);
        if (away < reach) [best, reach] = [slot, away];
      }
    }
    return best < 0 ? null : graph.edges.ids[best];
  }
}
