// Numbers that look random and depend on nothing but a seed and a text (FNV-1a, then a mixer).

export function hash(text, seed = 0) {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A number from 0 (included) to 1 (excluded). */
export function fraction(text, seed = 0) {
  return hash(text, seed) / 4294967296;
}
