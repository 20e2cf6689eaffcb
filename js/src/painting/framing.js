// What one picture shows: all there is at rest; what this machine can paint in time while it moves.

const MANY = 20000; // items from which on it pays to leave out what is not in sight
const CLOSE = 1.3; // and the zoom from which on much is not
const FEW_ARROWS = 6000;
const LEAST_LINES = 4000; // edges that are painted while moving, whatever it costs
const MOST_LINES = 1e6;
const LINES = 30000; // to begin with
const SOFTWARE_LINES = 12000; // the same without a graphics card
const CANVAS_LINES = 8000; // and without WebGL
const AT_REST = 8; // times as many edges are painted once nothing moves
const ROUGH = 50000; // edges from which on they are thin lines even then
const SLOW_ROUGH = 12000; // the same without a graphics card
const DOTS = 3000; // nodes from which on small ones are painted as dots
const DOT_RADIUS = 4;
const SLOW_MS = 32; // a picture that takes longer is pushed along, rather than painted for every move

export class Framing {
  constructor(scene, eye, brush) {
    Object.assign(this, { scene, eye, brush, look: scene.look, graph: scene.store.graph, cost: 0, cuts: 0 });
    this.lines = !brush.slow ? LINES : brush.kind === "canvas" ? CANVAS_LINES : SOFTWARE_LINES;
  }

  /** Whether pictures cost so much that not every move can have one. */
  get isSlow() {
    return this.cost >= SLOW_MS;
  }

  /**
   * @param hasty Whether a fast picture will do for now, since a better one is to follow.
   * @param shown Whether all of the graph was painted once.
   * @returns What brushes and overlay take.
   */
  frame(width, height, { hasty, shown }) {
    const { brush, eye, graph, look, scene } = this;
    eye.maxZoom = Math.max(100, 2 * Math.sqrt(graph.order));
    const frame = {
      width, height, hasty, view: eye.view, theme: look.theme, grow: Math.sqrt(eye.zoom),
      ratio: Math.min(window.devicePixelRatio || 1, 3), gain: Math.max(1, eye.zoom ** 0.45),
      lists: scene.lists, listed: `${scene.listed}`,
    };
    if (look.draft) Object.assign(frame, { lists: this.#withoutEdges(), listed: `${scene.listed} draft` });
    else if (graph.order + graph.size > MANY && eye.zoom > CLOSE) this.#inSight(frame);
    const { straight, curved, above } = frame.lists;
    const lines = straight.length + curved.length;
    frame.skip = Math.max(1, Math.ceil(lines / (hasty && shown ? this.lines : AT_REST * this.lines)));
    frame.gain *= Math.min(frame.skip, 6); // of fewer lines each is stronger
    frame.rough = lines > (hasty ? LEAST_LINES : brush.slow ? SLOW_ROUGH : ROUGH);
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
    const { place } = this.graph.nodes;
    const { ends } = this.graph.edges;
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
    frame.listed = `${this.scene.listed} ${++this.cuts}`;
  }

  #areSmall({ grow }) {
    return this.scene.plain && DOT_RADIUS > grow * this.look.grown * 6;
  }

  /** Learn what a hasty picture took, and paint as many edges while moving as this machine can. */
  learn(took, moving) {
    this.cost = this.cost ? 0.6 * this.cost + 0.4 * took : took;
    if (!moving) return;
    if (took > SLOW_MS) this.lines = Math.max(LEAST_LINES, this.lines * 0.7);
    else this.lines = Math.min(this.lines * 1.15, MOST_LINES);
  }
}
