// How fast the log is played.

export const SPEEDS = [0.5, 1, 2, 4, 8];
const LEAST = 2; // events per second at speed 1
const WHOLE = 30; // seconds that a long log takes at speed 1
const PICTURES = 10; // per second, at most

/** How many events to go at once, and how many milliseconds to wait, for a speed and a stretch. */
export function pace(speed, events) {
  const rate = speed * Math.max(LEAST, events / WHOLE);
  const step = Math.max(1, Math.round(rate / PICTURES));
  return { step, wait: (1000 * step) / rate };
}
