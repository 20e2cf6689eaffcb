// What the widget has to say: errors where they happened, and news for screen readers.

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
