// Marks on what changed: a shape, a sign and a colour for each kind, over either painter.

import { SIGNS } from "../common/change_list.js";
import { courseOf, lengthOf, pointOn } from "./curves.js";

const BADGE = 6.5;
const SMALL_BADGE = 4.5; // where there are many
const MANY = 40; // from which on nodes have none: their outlines say the same
const SHORT = 34; // relations too short, in pixels, for a badge of their own among many

/** How far from its middle the mark of a node is. */
const reachOf = (size) => size + 3.5;

/** The radius of what a mark and its node cover. */
export const coveredBy = (size) => reachOf(size) * 1.25;

export const toneOf = (theme, kind) =>
  ({ added: theme.good, changed: theme.warn, removed: theme.bad })[kind];

/** The outline of a kind: a circle, a diamond, a broken circle. */
function outline(context, kind, { x, y }, reach) {
  context.beginPath();
  context.setLineDash(kind === "removed" ? [3, 3] : []);
  if (kind === "changed") {
    const far = reach * 1.25; // as in coveredBy
    context.moveTo(x, y - far);
    for (const [dx, dy] of [[far, 0], [0, far], [-far, 0]]) context.lineTo(x + dx, y + dy);
    context.closePath();
  } else {
    context.arc(x, y, reach, 0, 2 * Math.PI);
  }
  context.stroke();
  context.setLineDash([]);
}

function badge(context, theme, kind, x, y, radius) {
  context.fillStyle = toneOf(theme, kind);
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = theme.bg;
  context.font = `700 ${radius + 4.5}px ${theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(SIGNS[kind], x, y + 0.5);
}

/**
 * Draw the marks of a comparison.
 * @param kinds Kind of change by id.
 * @param spotOf Gives {x, y, size} of a node on the screen, or null.
 */
export function drawMarks(context, theme, graph, kinds, spotOf) {
  context.save();
  const ids = Object.keys(kinds);
  const radius = ids.length > MANY ? SMALL_BADGE : BADGE;
  const draw = { context, theme, graph, spotOf, radius };
  for (const id of ids) if (graph.hasEdge(id)) drawEdge(draw, id, kinds[id]);
  for (const id of ids) {
    const spot = graph.hasNode(id) ? spotOf(id) : null;
    if (!spot) continue;
    const reach = reachOf(spot.size);
    context.lineWidth = 2;
    context.strokeStyle = toneOf(theme, kinds[id]);
    outline(context, kinds[id], spot, reach);
    if (ids.length <= MANY) badge(context, theme, kinds[id], spot.x + reach * 0.8, spot.y - reach * 0.8, radius);
  }
  context.restore();
}

function drawEdge({ context, theme, graph, spotOf, radius }, id, kind) {
  const [from, to] = graph.extremities(id);
  const a = spotOf(from);
  const b = from === to ? a : spotOf(to);
  if (!a || !b) return;
  const bend = graph.edges.bend[graph.edges.at(id)];
  const course = courseOf(a, b, bend, a.size);
  if (kind === "removed") {
    context.strokeStyle = toneOf(theme, kind);
    context.lineWidth = 2;
    context.setLineDash([5, 4]);
    context.beginPath();
    context.moveTo(course[0], course[1]);
    if (bend || from === to) context.bezierCurveTo(...course.slice(2));
    else context.lineTo(b.x, b.y);
    context.stroke();
    context.setLineDash([]);
  }
  if (radius === SMALL_BADGE && lengthOf(course) < SHORT) return;
  const { x, y } = pointOn(course, 0.5);
  badge(context, theme, kind, x, y, radius);
}
