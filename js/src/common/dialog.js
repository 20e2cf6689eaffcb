// A dialog over the widget: it holds the focus, Escape leaves it, and the focus comes back.

import { focusedIn, h } from "./dom.js";

const FOCUSABLE = "button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea, summary";

/**
 * Open a dialog.
 * @param root The widget's element.
 * @param options {title, role, className, cancel()}: `cancel` is called when it is left by Escape
 *   or by a click beside it; what it holds is appended to `element`.
 * @returns {{element, close()}}
 */
export function openDialog(root, { title, role = "dialog", className = "", cancel }) {
  const before = focusedIn(root);
  const attributes = { role, "aria-modal": "true", "aria-label": title };
  const element = h(`div.nerv-dialog${className}`, attributes, h("h3", {}, title));
  const veil = h("div.nerv-veil", {}, element);
  veil.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the notebook has shortcuts of its own
    if (event.key === "Escape") cancel();
    if (event.key === "Tab") keepFocus(element, event);
  });
  veil.addEventListener("pointerdown", (event) => event.target === veil && cancel());
  root.append(veil);
  return {
    element,
    close() {
      veil.remove();
      if (before?.isConnected) before.focus({ preventScroll: true });
    },
  };
}

/** Tab goes round inside the dialog. */
function keepFocus(element, event) {
  const stops = [...element.querySelectorAll(FOCUSABLE)].filter((stop) => stop.offsetParent);
  const at = stops.indexOf(focusedIn(element));
  const leaves = event.shiftKey ? at <= 0 : at === -1 || at === stops.length - 1;
  if (!leaves) return;
  event.preventDefault();
  stops.at(event.shiftKey ? -1 : 0)?.focus();
}

/** Ask before something is done; resolves to true or false. */
export function confirmIn(root, { title, text, action }) {
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.close();
      resolve(answer);
    };
    const dialog = openDialog(root, { title, role: "alertdialog", cancel: () => finish(false) });
    const cancel = h("button.nerv-button", { type: "button", onclick: () => finish(false) }, "Cancel");
    const attributes = { type: "button", onclick: () => finish(true) };
    const go = h("button.nerv-button.nerv-primary", attributes, action);
    dialog.element.append(h("p", {}, text), h("div.nerv-row", {}, cancel, go));
    go.focus({ preventScroll: true });
  });
}
