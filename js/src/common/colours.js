// Colours as numbers: red in the lowest byte, then green, blue, and how opaque, as a texture has them.

/** Read "#rgb", "#rrggbb", "#rrggbbaa", "rgb(…)" or "rgba(…)"; null where it is none of these. */
export function packed(text) {
  const hex = /^#([\da-f]{3,8})$/i.exec(text)?.[1];
  if (hex) {
    const long = hex.length < 6 ? [...hex].map((digit) => digit + digit).join("") : hex;
    const [r, g, b, a = 255] = long.match(/../g).map((pair) => parseInt(pair, 16));
    return pack(r, g, b, a);
  }
  const parts = /^rgba?\(/.test(text) ? text.match(/[\d.]+%?/g) : null;
  if (!parts || parts.length < 3) return null;
  const [r, g, b] = parts.map(Number);
  const alpha = parts[3] ?? "1";
  const share = alpha.endsWith("%") ? parseFloat(alpha) / 100 : Number(alpha);
  return pack(r, g, b, Math.round(share * 255));
}

export function pack(r, g, b, a = 255) {
  return (((a << 24) | (b << 16) | (g << 8) | r) >>> 0);
}

export const alphaOf = (colour) => (colour >>> 24) / 255;

/** The same colour, so opaque. */
export function faded(colour, share) {
  return ((colour & 0xffffff) | (Math.round(share * 255) << 24)) >>> 0;
}

/** Mix a colour into a background: a share of 1 is the colour itself. The result is opaque. */
export function blend(colour, ground, share) {
  const part = (shift) => {
    const [a, b] = [(colour >>> shift) & 255, (ground >>> shift) & 255];
    return Math.round(a * share + b * (1 - share));
  };
  return pack(part(0), part(8), part(16));
}

/** As a style sheet writes it. */
export function css(colour, alpha = alphaOf(colour)) {
  const [r, g, b] = [colour & 255, (colour >>> 8) & 255, (colour >>> 16) & 255];
  if (alpha >= 1) return `#${((1 << 24) | (r << 16) | (g << 8) | b).toString(16).slice(1)}`;
  return `rgba(${r},${g},${b},${Math.round(alpha * 1000) / 1000})`;
}
