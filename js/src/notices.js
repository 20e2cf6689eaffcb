// What the widget has to say: errors where they happened, how far long work is, and news for
// screen readers.

import { h, iconButton } from "./dom.js";

const WORK = {
  at: "Working out that version", commit: "Committing", compare: "Comparing", find: "Searching",
  merge: "Merging", preview: "Working out the merge", range: "Counting what changed",
  rollback: "Restoring",
};
const SILENT_FROM = 3; // times that a command was sent

export class Notices {
  /** @param on {stop(id), again()} */
  constructor(on) {
    this.on = on;
    this.alert = h("div.nerv-alert", { role: "alert" });
    this.news = h("div.nerv-news", { role: "status", "aria-live": "polite" });
    // Apart, since what is committed on the way back would take its place at once.
    this.storeNews = h("div.nerv-store-news", { role: "status", "aria-live": "polite" });
    this.working = h("div.nerv-working", { role: "status", hidden: true });
    this.away = h("div.nerv-away", { role: "status", hidden: true });
    this.element = h("div.nerv-notices", {}, this.alert, this.working, this.away, this.news, this.storeNews);
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
    this.working.hidden = !command;
    if (!command) return;
    const { id, name, done, total, asked } = command;
    const silent = asked >= SILENT_FROM && !total;
    const text = silent ? "The kernel has not answered yet: it is busy with a cell, or gone" : `${WORK[name] ?? "Working"}…`;
    if (this.workingOn !== id || this.silent !== silent) {
      Object.assign(this, { workingOn: id, silent });
      this.bar = h("progress", { "aria-label": text });
      this.working.replaceChildren(h("span", {}, text), this.bar, button("Stop", () => this.on.stop(this.workingOn)));
    }
    if (total) Object.assign(this.bar, { max: total, value: done });
    else this.bar.removeAttribute("value");
  }

  /** Say that the kernel is silent, so that what is shown may be old. */
  setAway(isAway) {
    this.away.hidden = !isAway;
    if (!isAway) return;
    this.away.replaceChildren(
      h("span", {}, "The kernel does not answer: it is busy, or was restarted. What is shown may be old; if it was restarted, run the cell again."),
      button("Ask again", () => this.on.again()),
    );
  }
}

function button(text, onclick) {
  return h("button.nerv-chip-button", { type: "button", onclick }, text);
}
