// The course of an edge on the screen: straight, bent apart from others, or a loop. In pixels.
// The shader of the WebGL painter does the same sums.

const GAP = 0.16; // how far a step of a bend leads aside, as a share of the length
const MAX_GAP = 16;
const LOOP = 16;
const LOOP_STEP = 10;
const LARGE = 6; // the radius of a node from which on its loops have their full size
const MOST_LOOPS = 6; // further ones lie on the last
const MOST_ASIDE = 0.4; // as a share of the length, however many are parallel

/** The points of a cubic curve [x0, y0, … x3, y3] from one node to another. */
export function courseOf(a, b, bend, radius) {
  if (a === b) {
    const size = Math.min(1, (radius / LARGE) ** 2) * (LOOP + LOOP_STEP * Math.min(bend, MOST_LOOPS));
    const far = (radius + size) * 1.33;
    return [a.x, a.y, a.x - far * 0.75, a.y - far, a.x + far * 0.75, a.y - far, a.x, a.y];
  }
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = Math.hypot(dx, dy) || 1;
  const most = MOST_ASIDE * length;
  const aside = Math.max(-most, Math.min(most, bend * Math.min(GAP * length, MAX_GAP))) / length;
  const [nx, ny] = [dy * aside, -dx * aside];
  return [
    a.x, a.y, a.x + dx / 3 + nx, a.y + dy / 3 + ny,
    b.x - dx / 3 + nx, b.y - dy / 3 + ny, b.x, b.y,
  ];
}

export function pointOn(course, t) {
  const [u, v, w, z] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3];
  return {
    x: u * course[0] + v * course[2] + w * course[4] + z * course[6],
    y: u * course[1] + v * course[3] + w * course[5] + z * course[7],
  };
}

export function lengthOf(course) {
  let length = 0;
  let last = { x: course[0], y: course[1] };
  for (let i = 1; i <= 8; i++) {
    const next = pointOn(course, i / 8);
    length += Math.hypot(next.x - last.x, next.y - last.y);
    last = next;
  }
  return length;
}

/** How long the head of an arrow is: smaller at small nodes, which it would hide. */
export function headLength(width, radius) {
  return Math.min(4 + 2 * width, 3 + 1.2 * radius);
}

/**
 * Where the head of an arrow is: its tip, at the border of the node, and where it comes from; null
 * where the edge is hardly longer.
 */
export function arrowOn(course, radius, length) {
  const whole = lengthOf(course);
  if (whole < radius + 2 * length) return null;
  return { tip: pointOn(course, 1 - radius / whole), tail: pointOn(course, 1 - (radius + length) / whole) };
}

export function backwards(course) {
  return [6, 7, 4, 5, 2, 3, 0, 1].map((i) => course[i]);
}

/** How far a point is from a curve. */
export function distanceTo(course, point, straight) {
  const steps = straight ? 1 : 12;
  let nearest = Infinity;
  let a = { x: course[0], y: course[1] };
  for (let i = 1; i <= steps; i++) {
    const b = pointOn(course, i / steps);
    nearest = Math.min(nearest, distanceToLine(point, a, b));
    a = b;
  }
  return nearest;
}

export function distanceToLine(p, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy || 1;
  const share = Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length));
  return Math.hypot(p.x - a.x - share * dx, p.y - a.y - share * dy);
}
