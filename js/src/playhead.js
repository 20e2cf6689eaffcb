// Where a position in the log lies on the timeline, and which position lies where: between two
// versions the events stand evenly.

/** Pairs of position and place on the axis, both growing. @param at Gives the place of a version. */
export function anchors(versions, at, seq, last, first = -1) {
  const found = [[0, first]];
  for (const version of versions) {
    if (version.seq > found.at(-1)[0]) found.push([version.seq, +at(version)]);
  }
  if (seq > found.at(-1)[0]) found.push([seq, +last]);
  return found;
}

function between(pairs, from, to, value) {
  let i = pairs.findIndex((pair) => pair[from] >= value);
  if (i === -1) return pairs.at(-1)[to];
  if (i === 0) return pairs[0][to];
  const [a, b] = [pairs[i - 1], pairs[i]];
  return a[to] + ((b[to] - a[to]) * (value - a[from])) / (b[from] - a[from]);
}

export const placeOf = (pairs, seq) => between(pairs, 0, 1, seq);
export const seqAt = (pairs, place) => Math.round(between(pairs, 1, 0, place));

export const SPEEDS = [2, 10, 50]; // events per second
const FRAMES = 10; // pictures per second, at most

/** How many events to go at once, and how long to wait, for a speed. */
export function pace(speed) {
  const pictures = Math.min(speed, FRAMES);
  return { step: Math.round(speed / pictures), wait: 1000 / pictures };
}
