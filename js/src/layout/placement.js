// Where nodes stand before any layout, and where newcomers go: decided by seed and id alone.

import { fraction } from "../common/random.js";

const TURN = 2 * Math.PI;
const TRIES = 8;
const GOLDEN = 0.6180339887498949;
const CROWD = 400;

/** Put a node somewhere on a disc that has room for so many. */
export function scatter(graph, slot, order, seed) {
  const id = graph.nodes.ids[slot];
  const angle = TURN * fraction(id, seed);
  const distance = 10 * Math.sqrt(order * fraction(id, seed + 1));
  graph.move(slot, distance * Math.cos(angle), distance * Math.sin(angle));
}

/** Scatter all nodes over a disc that grows with the graph. */
export function placeAll(graph, seed) {
  graph.forNodes((slot) => scatter(graph, slot, graph.order, seed));
}

function frameOf(graph, moving) {
  let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
  let settled = 0;
  const { place } = graph.nodes;
  graph.forNodes((slot) => {
    if (moving.has(slot)) return;
    settled++;
    minX = Math.min(minX, place[2 * slot]);
    maxX = Math.max(maxX, place[2 * slot]);
    minY = Math.min(minY, place[2 * slot + 1]);
    maxY = Math.max(maxY, place[2 * slot + 1]);
  });
  if (!settled) return { x: 0, y: 0, radius: 10 * Math.sqrt(graph.order), step: 10 };
  const radius = Math.max(Math.hypot(maxX - minX, maxY - minY) / 2, 10);
  const step = (1.4 * radius) / Math.sqrt(settled + 1);
  return { x: (minX + maxX) / 2, y: (minY + maxY) / 2, radius, step };
}

/** Puts newcomers down one by one; those still waiting are no neighbours yet. */
class Settling {
  constructor(graph, newcomers, seed) {
    Object.assign(this, { graph, seed, waiting: new Set(newcomers) });
    this.frame = frameOf(graph, newcomers);
  }

  spot(slot) {
    const { place } = this.graph.nodes;
    return { x: place[2 * slot], y: place[2 * slot + 1] };
  }

  anchors(slot) {
    const found = new Set();
    this.graph.forEdgesAt(slot, (_, other) => {
      if (other !== slot && !this.waiting.has(other)) found.add(other);
    });
    return inOrder(this.graph, found);
  }

  #crowd(anchors) {
    const near = new Set(anchors);
    for (const anchor of anchors.slice(0, 20)) {
      this.graph.forEdgesAt(anchor, (_, other) => {
        if (near.size < CROWD && !this.waiting.has(other)) near.add(other);
      });
    }
    return [...near].map((slot) => this.spot(slot));
  }

  beside(slot, anchors) {
    const spots = anchors.map((anchor) => this.spot(anchor));
    const x = spots.reduce((sum, spot) => sum + spot.x, 0) / spots.length;
    const y = spots.reduce((sum, spot) => sum + spot.y, 0) / spots.length;
    const others = this.#crowd(anchors);
    const start = fraction(this.graph.nodes.ids[slot], this.seed);
    let best = null;
    for (let i = 0; i < TRIES; i++) {
      const angle = TURN * (start + i * GOLDEN);
      const distance = this.frame.step * (anchors.length > 1 ? 0.35 : 0.8) * (1 + i / TRIES);
      const spot = { x: x + distance * Math.cos(angle), y: y + distance * Math.sin(angle) };
      const room = Math.min(...others.map((o) => Math.hypot(o.x - spot.x, o.y - spot.y)));
      if (!best || room > best.room) best = { ...spot, room };
    }
    return best;
  }

  outside(slot) {
    const { frame, seed } = this;
    const id = this.graph.nodes.ids[slot];
    const angle = TURN * fraction(id, seed);
    const distance = frame.radius + frame.step * (0.6 + 0.5 * fraction(id, seed + 1));
    return { x: frame.x + distance * Math.cos(angle), y: frame.y + distance * Math.sin(angle) };
  }

  put(slot, { x, y }) {
    this.graph.move(slot, x, y);
    this.waiting.delete(slot);
  }

  /** Put down what has a neighbour, wave by wave, beginning with these. */
  spread(slots) {
    let wave = slots;
    while (wave.length) {
      const next = new Set();
      for (const slot of wave) {
        const anchors = this.waiting.has(slot) ? this.anchors(slot) : [];
        if (!anchors.length) continue;
        this.put(slot, this.beside(slot, anchors));
        this.#waitingAt(slot, next);
      }
      wave = inOrder(this.graph, next);
    }
  }

  /** Put one down where it has no neighbour, and then those that wait for it. */
  found(slot) {
    this.put(slot, this.outside(slot));
    const next = new Set();
    this.#waitingAt(slot, next);
    this.spread(inOrder(this.graph, next));
  }

  #waitingAt(slot, found) {
    this.graph.forEdgesAt(slot, (_, other) => {
      if (this.waiting.has(other)) found.add(other);
    });
  }
}

function inOrder(graph, slots) {
  const { order } = graph.nodes;
  return [...slots].sort((a, b) => order[a] - order[b]);
}

/** Put newcomers near their neighbours, or around the rest where they have none; move no other. */
export function placeNew(graph, newcomers, seed) {
  if (!newcomers.size) return;
  const settling = new Settling(graph, newcomers, seed);
  const all = inOrder(graph, newcomers);
  settling.spread(all);
  for (const slot of all) if (settling.waiting.has(slot)) settling.found(slot);
}
