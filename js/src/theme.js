// Colours of the surroundings, for what is painted on a canvas.

const NAMES = ["fg", "muted", "line", "bg", "accent", "good", "warn", "bad", "band"];

function isDark(root) {
  const wanted = root.dataset.theme;
  if (wanted === "light" || wanted === "dark") return wanted === "dark";
  const { body } = document;
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  if (body.classList.contains("vscode-dark")) return true;
  if (body.classList.contains("vscode-light")) return false;
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Mark the root as dark or light and return the colours its style sheet gives it, resolved. */
export function readTheme(root) {
  const dark = isDark(root);
  root.classList.toggle("nerv-dark", dark);
  const probe = document.createElement("span");
  root.append(probe);
  const theme = { dark, font: getComputedStyle(root).fontFamily };
  for (const name of NAMES) {
    probe.style.color = `var(--nerv-${name})`;
    theme[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return theme;
}

const LATER_MS = [0, 150, 600, 2000];

/** Call back when the surroundings change their theme; returns how to stop. */
export function watchTheme(changed) {
  // The style sheet of a theme may load after the page says that the theme has changed.
  let timers = [];
  const soon = () => {
    timers.forEach(clearTimeout);
    timers = LATER_MS.map((delay) => setTimeout(changed, delay));
  };
  const observer = new MutationObserver(soon);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"],
  });
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", soon);
  return () => {
    timers.forEach(clearTimeout);
    observer.disconnect();
    media.removeEventListener("change", soon);
  };
}

const mixed = new Map();
let last = {}; // most edges of a picture have the same colour

/** Mix an opaque "rgb(…)" or "#rrggbb" colour into a background. */
export function mix(colour, background, share) {
  if (last.colour === colour && last.background === background && last.share === share) {
    return last.result;
  }
  const key = `${colour}|${background}|${share}`;
  const result = mixed.get(key) ?? mixAnew(colour, background, share);
  if (mixed.size > 500) mixed.clear();
  mixed.set(key, result);
  last = { colour, background, share, result };
  return result;
}

function mixAnew(colour, background, share) {
  const parts = (text) =>
    text.startsWith("#")
      ? [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16))
      : text.match(/[\d.]+/g).slice(0, 3).map(Number);
  const [a, b] = [parts(colour), parts(background)];
  const sum = a.map((value, i) => Math.round(value * share + b[i] * (1 - share)));
  return `#${sum.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
