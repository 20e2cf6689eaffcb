// A graph turned so that it is as large as can be in a stage that is wider than high, as nearly all are.

const WIDTH = 2; // of a stage, for one of its height
const WORTH = 1.02; // how much larger it has to be
const STEPS = 36; // to either side, as tangents of half the angle: nothing is left to how a machine rounds a sine

const TURNS = Array.from({ length: 2 * STEPS }, (_, i) => {
  const tangent = (i % 2 ? -1 : 1) * (((i >> 1) + 1) / STEPS); // the smallest first
  const square = tangent * tangent;
  return [(1 - square) / (1 + square), (2 * tangent) / (1 + square)];
});

/** The turn [cosine, sine] after which places fill a stage best, of up to a quarter; null where it gains nothing. */
export function turnOf(places) {
  const before = sizeAfter(places, [1, 0]);
  let [best, most] = [null, before];
  for (const turn of TURNS) {
    const size = sizeAfter(places, turn);
    if (size > most) [best, most] = [turn, size];
  }
  return most > WORTH * before ? best : null;
}

/** How large turned places can be drawn. */
function sizeAfter(places, [cosine, sine]) {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < places.length; i += 2) {
    const x = places[i] * cosine + places[i + 1] * sine;
    const y = places[i + 1] * cosine - places[i] * sine;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < low) low = y;
    if (y > high) high = y;
  }
  return right > left || high > low ? 1 / Math.max((right - left) / WIDTH, high - low) : 0;
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
