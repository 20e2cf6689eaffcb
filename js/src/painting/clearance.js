// How much of a stage is left free for what lies over its lower left corner, so that no node is beneath.

import { Camera, PADDING } from "./camera.js";

const AROUND = 16; // pixels between what lies there and the middle of a node

/**
 * Nothing where no node is beneath; else at the left or below, whichever leaves the graph larger.
 *
 * @param corner {right, top}: how far it reaches, in pixels of the stage.
 * @param stage {width, height, box}: its size in pixels, and the box of the graph that is fitted in.
 * @returns Pixels at the left and below.
 */
export function clearance(corner, { width, height, box }, graph) {
  const fitted = (covered) => {
    const eye = Object.assign(new Camera(), { covered });
    eye.resize(width, height);
    eye.hold(box);
    return eye.view;
  };
  if (!liesUnder(corner, fitted([0, 0]), graph)) return [0, 0];
  const beside = [Math.max(corner.right + AROUND - PADDING[0], 0), 0];
  const above = [0, Math.max(height - corner.top + AROUND - PADDING[1], 0)];
  return fitted(beside).scale >= fitted(above).scale ? beside : above;
}

function liesUnder({ right, top }, view, graph) {
  const { place } = graph.nodes;
  const [x, y] = [(right + AROUND - view.left) / view.scale, (view.top - top + AROUND) / view.scale];
  let found = false;
  graph.forNodes((slot) => (found ||= place[2 * slot] < x && place[2 * slot + 1] < y));
  return found;
}
