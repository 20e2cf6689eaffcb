// How much of a stage is left free for what lies over it, so that no node is beneath.

import { Camera, PADDING } from "./camera.js";

const AROUND = 16; // pixels between what lies there and the middle of a node
const TOUCH = 0.5; // and how much nearer is no nearer

/**
 * What leaves the graph largest of what can be left free at the left and below; nothing where no node
 * is beneath, or one would be whatever was left.
 *
 * @param boxes What lies over the stage: {x, y, width, height}, in pixels of it.
 * @param stage {width, height, box}: its size in pixels, and the box of the graph that is fitted in.
 * @returns Pixels at the left and below.
 */
export function clearance(boxes, { width, height, box }, graph) {
  const lefts = [0, ...boxes.map((over) => Math.max(over.x + over.width + AROUND - PADDING[0], 0))];
  const belows = [0, ...boxes.map((over) => Math.max(height - over.y + AROUND - PADDING[1], 0))];
  const ways = lefts.flatMap((left) => belows.map((below) => {
    const eye = Object.assign(new Camera(), { covered: [left, below] });
    eye.resize(width, height);
    eye.hold(box);
    return { covered: eye.covered, view: eye.view };
  }));
  const lost = ({ covered: [left, below] }) => left + below;
  ways.sort((a, b) => b.view.scale - a.view.scale || lost(a) - lost(b));
  const free = ways.find(({ view }) => !boxes.some((over) => liesUnder(over, view, graph)));
  return free?.covered ?? [0, 0];
}

function liesUnder({ x, y, width, height }, { left, top, scale }, graph) {
  const { place } = graph.nodes;
  const around = AROUND - TOUCH;
  const [least, most] = [(x - around - left) / scale, (x + width + around - left) / scale];
  const [low, high] = [(top - y - height - around) / scale, (top - y + around) / scale];
  let found = false;
  graph.forNodes((slot) => {
    const [px, py] = [place[2 * slot], place[2 * slot + 1]];
    found ||= px > least && px < most && py > low && py < high;
  });
  return found;
}
