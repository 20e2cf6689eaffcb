// Painters out of sight: a browser has few contexts of WebGL, so only some may keep theirs a while.

const MOST = 4;
// Each widget of a page loads this code for itself; what they share is kept in the page.
const resting = (globalThis[Symbol.for("nerv-lab.resting")] ??= new Set());

/** Keep this one, and of those kept before only the latest: `release` is called on the others. */
export function rest(release) {
  resting.delete(release);
  resting.add(release);
  for (const oldest of [...resting].slice(0, -MOST)) {
    resting.delete(oldest);
    oldest();
  }
}

/** It is seen again, or gone. */
export function wake(release) {
  resting.delete(release);
}
