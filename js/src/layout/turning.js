// A graph laid along the width of its stage, which is wider than high nearly everywhere. By roots
// alone, which every machine rounds alike.

const ROUND = 0.02; // how much the two axes of a shape differ that has hardly any length

/** The turn [cosine, sine] that lays the long axis of places flat; null where they have none. */
export function turnOf(places) {
  const count = places.length / 2;
  const sum = [0, 0];
  for (let i = 0; i < places.length; i++) sum[i & 1] += places[i];
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < places.length; i += 2) {
    const [x, y] = [places[i] - sum[0] / count, places[i + 1] - sum[1] / count];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const long = Math.sqrt((xx - yy) * (xx - yy) + 4 * xy * xy);
  if (!(long > ROUND * (xx + yy))) return null;
  const twice = (xx - yy) / long; // the cosine of twice the angle
  return [Math.sqrt((1 + twice) / 2), Math.sign(xy || 1) * Math.sqrt((1 - twice) / 2)];
}

/** Turn places, in place. */
export function turn(places, [cosine, sine]) {
  for (let i = 0; i < places.length; i += 2) {
    const [x, y] = [places[i], places[i + 1]];
    places[i] = x * cosine + y * sine;
    places[i + 1] = y * cosine - x * sine;
  }
  return places;
}
