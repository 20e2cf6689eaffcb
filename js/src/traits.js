// What the kernel knows of a view and may set: where one looks, how nodes are arranged, where they
// are, and what is pointed at.

import { positionsOf } from "./graph/answers.js";

const REST_MS = 250;
const MOST_TOLD = 20_000; // nodes whose places are told unasked; as in nerv_lab/widgets/placed.py

const FORCE = { name: "force" };

/** Whether two sights cannot be told apart on a screen. */
export function sameSight(a, b) {
  if (!a || !b) return !a === !b;
  const near = (x, y, span) => Math.abs(x - y) <= 1e-4 * span;
  const span = Math.abs(a.x) + Math.abs(a.y) + 1;
  return near(a.x, b.x, span) && near(a.y, b.y, span) && near(a.ratio, b.ratio, a.ratio);
}

export class Traits {
  /** @param on {told(): the kernel was told where nodes are} */
  constructor(model, graph, on) {
    Object.assign(this, { model, graph, on });
    graph.arrangement = this.arrangement;
    graph.stage.sight = this.camera;
  }

  get arrangement() {
    return this.model.get("arrangement") ?? FORCE;
  }

  get camera() {
    return this.model.get("camera") ?? null;
  }

  set(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  /** Tell of an event, where someone in the kernel listens. */
  tell(event, id) {
    if ((this.model.get("_events") ?? []).includes(event)) this.model.send({ type: "event", event, id });
  }

  /** Arrange as the model says. */
  arrange() {
    const layout = this.arrangement;
    if (JSON.stringify(layout) === JSON.stringify(this.graph.arrangement)) return;
    const byData = layout.name === "axes" || layout.name === "grouped";
    this.graph.setArrangement(layout, !byData);
  }

  /** Look where the model says. */
  look() {
    const { stage } = this.graph;
    if (!sameSight(this.camera, stage.sight)) stage.sight = this.camera;
  }

  /** Tell the kernel where one looks, once that rests. */
  looked() {
    clearTimeout(this.looking);
    this.looking = setTimeout(() => {
      const { sight } = this.graph.stage;
      if (!sameSight(sight, this.camera)) this.set("camera", sight);
    }, REST_MS);
  }

  /** Tell the kernel where nodes are once they rest; of very many only when it asks. */
  settled() {
    clearTimeout(this.settling);
    const { graph } = this.graph.store;
    if (graph.order > MOST_TOLD) return;
    this.settling = setTimeout(() => {
      if (this.graph.layout.running) return;
      const { ids, xy } = positionsOf(graph);
      this.model.send({ type: "places", ids }, undefined, [xy.buffer]);
      this.on.told();
    }, REST_MS);
  }

  destroy() {
    clearTimeout(this.looking);
    clearTimeout(this.settling);
  }
}
