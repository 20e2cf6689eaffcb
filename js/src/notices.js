// What the widget has to say: errors where they happened, how far long work is, and news for
// screen readers.

import { h, iconButton } from "./common/dom.js";
import { Working } from "./common/working.js";

const SILENT = "The kernel does not answer: it is busy, or was restarted. What is shown may be old; if it was restarted, run the cell again.";
const UNHEARD = "No kernel answers: there is none here, or it is busy, or was restarted. To explore, run the cell again.";

export class Notices {
  /** @param on {stop(id), again()} */
  constructor(on) {
    this.on = on;
    this.alert = h("div.nerv-alert", { role: "alert" });
    this.news = h("div.nerv-news", { role: "status", "aria-live": "polite" });
    // Apart, since what is committed on the way back would take its place at once.
    this.storeNews = h("div.nerv-store-news", { role: "status", "aria-live": "polite" });
    this.working = new Working((id) => this.on.stop(id));
    this.away = h("div.nerv-away", { role: "status", hidden: true });
    this.element = h("div.nerv-notices", {}, this.alert, this.working.element, this.away, this.news, this.storeNews);
  }

  error(text) {
    const close = iconButton("close", "Dismiss", () => this.clear());
    this.alert.replaceChildren(h("span", {}, text), close);
  }

  /** Say what went wrong inside the view, and offer to try again. */
  failure(error) {
    const text = `Something went wrong in this view: ${error.message}`;
    if (this.alert.firstChild?.textContent === text) return; // said already, and its button may have the focus
    this.alert.replaceChildren(h("span", {}, text), button("Try again", () => this.on.again()));
  }

  clear() {
    this.alert.replaceChildren();
  }

  say(text) {
    this.news.textContent = text;
  }

  /** Say how the store can be reached by now, and what waits. */
  sayOfStore(text) {
    this.storeNews.textContent = text;
  }

  /** Show how far a command is that takes long, or nothing. */
  work(command) {
    this.working.show(command);
  }

  /** Say that the kernel is silent, so that what is shown may be old. */
  setAway(isAway, wasHeard) {
    this.away.hidden = !isAway;
    if (!isAway) return;
    this.away.replaceChildren(
      h("span", {}, wasHeard ? SILENT : UNHEARD),
      button("Ask again", () => this.on.again()),
    );
  }
}

function button(text, onclick) {
  return h("button.nerv-chip-button", { type: "button", onclick }, text);
}
