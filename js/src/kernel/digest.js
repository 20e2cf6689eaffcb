// The digest of what is held: the sum of the marks of all items, as nerv_lab/widgets/shown/digest.py
// adds them up.

const WORD = 2 ** 32;

/** The sum of marks of 64 bits, given as pairs of words, low word first: one such pair. */
export function sumOf(...columns) {
  let [low, high] = [0, 0];
  for (const marks of columns) {
    for (let i = 0; i < marks.length; i += 2) {
      low += marks[i];
      high += marks[i + 1];
      if (low > 2 ** 52) [low, high] = carried(low, high);
    }
  }
  return carried(low, high);
}

function carried(low, high) {
  return [low % WORD, (high + Math.floor(low / WORD)) % WORD];
}
