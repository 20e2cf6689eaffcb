// What the widget has to say: errors where they happened, news for screen readers, and questions.

import { h, iconButton } from "./dom.js";

export class Notices {
  constructor() {
    this.alert = h("div.nerv-alert", { role: "alert" });
    this.news = h("div.nerv-news", { role: "status", "aria-live": "polite" });
    this.element = h("div.nerv-notices", {}, this.alert, this.news);
  }

  error(text) {
    const close = iconButton("close", "Dismiss", () => this.clear());
    this.alert.replaceChildren(h("span", {}, text), close);
  }

  clear() {
    this.alert.replaceChildren();
  }

  say(text) {
    this.news.textContent = text;
  }
}

/** Ask before something is done; resolves to true or false. */
export function confirmIn(root, { title, text, action }) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const finish = (answer) => {
      veil.remove();
      before?.focus?.({ preventScroll: true });
      resolve(answer);
    };
    const cancel = h("button.nerv-button", { type: "button" }, "Cancel");
    const go = h("button.nerv-button.nerv-primary", { type: "button" }, action);
    cancel.addEventListener("click", () => finish(false));
    go.addEventListener("click", () => finish(true));
    const dialog = h(
      "div.nerv-dialog",
      { role: "alertdialog", "aria-modal": "true", "aria-label": title },
      h("h3", {}, title),
      h("p", {}, text),
      h("div.nerv-row", {}, cancel, go),
    );
    const veil = h("div.nerv-veil", {}, dialog);
    veil.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") finish(false);
      if (event.key !== "Tab") return;
      event.preventDefault();
      (document.activeElement === go ? cancel : go).focus();
    });
    veil.addEventListener("click", (event) => event.target === veil && finish(false));
    root.append(veil);
    go.focus({ preventScroll: true });
  });
}
