// Nodes that are moved by hand: one, and with it all that are chosen where it is one of them.

export class Dragging {
  constructor(store, look, eye) {
    Object.assign(this, { store, look, eye, held: null });
  }

  canMove(id) {
    return this.store.graph.hasNode(id) && !this.store.isGhost(id);
  }

  /** Move a node to a point of the screen. */
  move(id, point) {
    const { graph } = this.store;
    const [x, y] = this.eye.toGraph(point);
    this.held ??= { ids: this.#with(id), x, y };
    const { ids, x: fromX, y: fromY } = this.held;
    for (const other of ids) {
      const slot = graph.nodes.at(other);
      if (slot < 0) continue;
      const { place } = graph.nodes;
      graph.move(slot, place[2 * slot] + x - fromX, place[2 * slot + 1] + y - fromY);
    }
    Object.assign(this.held, { x, y });
  }

  #with(id) {
    const { graph } = this.store;
    return this.look.selected.has(id) ? [...this.look.selected].filter((other) => graph.hasNode(other)) : [id];
  }

  /** The first of what is chosen that can be moved. */
  get chosen() {
    return [...this.look.selected].find((id) => this.canMove(id));
  }

  /** Let go; what was moved, or null where it was let go of already, by the other hand. */
  drop() {
    const ids = this.held?.ids ?? null;
    this.held = null;
    return ids;
  }
}
