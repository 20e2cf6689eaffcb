// Colours of the surroundings, for what is painted on a canvas.

const NAMES = ["fg", "muted", "line", "bg", "accent", "good", "warn", "bad", "band"];

function isDark(root) {
  const wanted = root.dataset.theme;
  if (wanted === "light" || wanted === "dark") return wanted === "dark";
  const { body } = document;
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  if (body.classList.contains("vscode-dark")) return true;
  if (body.classList.contains("vscode-light") || body.classList.contains("vscode-high-contrast-light")) return false;
  if (body.classList.contains("vscode-high-contrast")) return true;
  // As Colab and marimo say it.
  const told = document.documentElement.getAttribute("theme") ?? document.documentElement.dataset.theme ?? body.dataset.theme;
  if (told === "dark" || told === "light") return told === "dark";
  if (body.classList.contains("dark") || body.classList.contains("dark-theme")) return true;
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
  const attributeFilter = ["data-jp-theme-light", "data-jp-theme-name", "data-theme", "theme", "class"];
  observer.observe(document.body, { attributes: true, attributeFilter });
  observer.observe(document.documentElement, { attributes: true, attributeFilter });
  const media = matchMedia("(prefers-color-scheme: dark)");
  media.addEventListener("change", soon);
  return () => {
    timers.forEach(clearTimeout);
    observer.disconnect();
    media.removeEventListener("change", soon);
  };
}
