// Outlines of nodes, as the shader of the WebGL painter has them too.

const TURN = 2 * Math.PI;

function corners(count, radius, turn = 0, inner = radius) {
  return Array.from({ length: count }, (_, i) => {
    const angle = (TURN * i) / count + turn;
    const reach = i % 2 ? inner : radius;
    return [reach * Math.sin(angle), -reach * Math.cos(angle)];
  });
}

const OUTLINES = [
  null, // a circle
  corners(4, 0.9 * Math.SQRT2, TURN / 8),
  corners(4, 1.3),
  corners(3, 1.5),
  corners(6, 1.12),
  corners(10, 1.5, 0, 0.68),
];

/** Begin a path around a node. */
export function outline(context, shape, x, y, radius) {
  const points = OUTLINES[shape];
  context.beginPath();
  if (!points) {
    context.arc(x, y, radius, 0, TURN);
    return;
  }
  points.forEach(([dx, dy], i) => {
    if (i) context.lineTo(x + dx * radius, y + dy * radius);
    else context.moveTo(x + dx * radius, y + dy * radius);
  });
  context.closePath();
}
