// Nodes that are held where they are, whatever the layout does.

import { numbers } from "../kernel/columns.js";

export class Pins {
  /** @param on {told(ids, places): a person holds these, free(): and lets go of all, changed()} */
  constructor(graph, on) {
    Object.assign(this, { graph, on, places: new Map() });
  }

  /** What a person has moved stays there. */
  add(ids) {
    const places = ids.map((id) => {
      const { x, y } = this.graph.node(id);
      this.places.set(id, [x, y]);
      return [x, y];
    });
    this.#hold(ids);
    this.on.told(ids, places);
  }

  /** Let go of all of them. */
  clear() {
    this.take({ ids: [], xy: new Uint8Array(0) });
    this.on.free();
  }

  /** Hold these nodes and no others: {ids, xy}, NaN where one is held as it is. */
  take({ ids, xy }) {
    const spots = numbers(xy, Float32Array);
    const before = this.places;
    this.places = new Map(ids.map((id, i) => [id, Number.isNaN(spots[2 * i]) ? null : [spots[2 * i], spots[2 * i + 1]]]));
    for (const id of before.keys()) if (!this.places.has(id)) this.graph.pin(id, false);
    this.#hold(ids);
  }

  /** Hold those of these newcomers that are to be held. */
  arrived(ids) {
    this.#hold(ids.filter((id) => this.places.has(id)));
  }

  #hold(ids) {
    const { graph } = this;
    for (const id of ids) {
      if (!graph.hasNode(id)) continue;
      const place = this.places.get(id);
      if (place) graph.move(graph.nodes.at(id), ...place);
      graph.pin(id, true);
    }
    this.on.changed();
  }
}
