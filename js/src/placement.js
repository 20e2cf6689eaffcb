// Where nodes stand before any layout, and where newcomers go: decided by seed and id alone.

import { fraction } from "./random.js";

const TURN = 2 * Math.PI;
const TRIES = 8;
const GOLDEN = 0.6180339887498949;

function onDisc(id, seed, radius) {
  const angle = TURN * fraction(id, seed);
  const distance = radius * Math.sqrt(fraction(id, seed + 1));
  return { x: distance * Math.cos(angle), y: distance * Math.sin(angle) };
}

/** Scatter all nodes over a disc that grows with the graph. */
export function placeAll(graph, seed) {
  const radius = 10 * Math.sqrt(graph.order);
  graph.forEachNode((id) => graph.mergeNodeAttributes(id, onDisc(id, seed, radius)));
}

function frameOf(graph, moving) {
  let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
  let settled = 0;
  graph.forEachNode((id, node) => {
    if (moving.has(id)) return;
    settled++;
    minX = Math.min(minX, node.x);
    maxX = Math.max(maxX, node.x);
    minY = Math.min(minY, node.y);
    maxY = Math.max(maxY, node.y);
  });
  if (!settled) return { x: 0, y: 0, radius: 10 * Math.sqrt(graph.order), step: 10 };
  const radius = Math.max(Math.hypot(maxX - minX, maxY - minY) / 2, 10);
  const step = (1.4 * radius) / Math.sqrt(settled + 1);
  return { x: (minX + maxX) / 2, y: (minY + maxY) / 2, radius, step };
}

function crowd(graph, anchors, placed) {
  const near = new Set(anchors);
  for (const anchor of anchors.slice(0, 20)) {
    graph.forEachNeighbor(anchor, (id) => near.size < 400 && near.add(id));
  }
  return [...near].filter(placed).map((id) => graph.getNodeAttributes(id));
}

function beside(graph, id, anchors, placed, frame, seed) {
  const spots = anchors.map((anchor) => graph.getNodeAttributes(anchor));
  const x = spots.reduce((sum, spot) => sum + spot.x, 0) / spots.length;
  const y = spots.reduce((sum, spot) => sum + spot.y, 0) / spots.length;
  const others = crowd(graph, anchors, placed);
  const start = fraction(id, seed);
  let best = null;
  for (let i = 0; i < TRIES; i++) {
    const angle = TURN * (start + i * GOLDEN);
    const distance = frame.step * (anchors.length > 1 ? 0.35 : 0.8) * (1 + i / TRIES);
    const spot = { x: x + distance * Math.cos(angle), y: y + distance * Math.sin(angle) };
    const room = Math.min(...others.map((o) => Math.hypot(o.x - spot.x, o.y - spot.y)));
    if (!best || room > best.room) best = { ...spot, room };
  }
  return { x: best.x, y: best.y };
}

/** Put newcomers near their neighbours, or around the rest where they have none; move no other. */
export function placeNew(graph, newcomers, seed) {
  if (!newcomers.size) return;
  const frame = frameOf(graph, newcomers);
  const waiting = new Set(newcomers);
  const placed = (id) => !waiting.has(id);
  const put = (id, spot) => {
    graph.mergeNodeAttributes(id, spot);
    waiting.delete(id);
  };
  const settle = () => {
    let moved = true;
    while (moved) {
      moved = false;
      for (const id of [...waiting].sort()) {
        const anchors = graph.neighbors(id).filter((other) => other !== id && placed(other));
        if (!anchors.length) continue;
        put(id, beside(graph, id, anchors, placed, frame, seed));
        moved = true;
      }
    }
  };
  settle();
  for (const id of [...waiting].sort()) {
    if (!waiting.has(id)) continue;
    const angle = TURN * fraction(id, seed);
    const distance = frame.radius + frame.step * (0.6 + 0.5 * fraction(id, seed + 1));
    put(id, { x: frame.x + distance * Math.cos(angle), y: frame.y + distance * Math.sin(angle) });
    settle();
  }
}
