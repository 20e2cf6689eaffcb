// How far a command is that takes long, and a way to stop it.

import { h } from "./dom.js";

const WORK = {
  at: "Working out that version", commit: "Committing", compare: "Comparing", find: "Searching",
  merge: "Merging", preview: "Working out the merge", range: "Counting what changed",
  rollback: "Restoring",
};
const SILENT_FROM = 3; // times that a command was sent

export class Working {
  /** @param stop(id), or null where something else stops it. */
  constructor(stop) {
    this.stop = stop;
    this.element = h("div.nerv-working", { role: "status", hidden: true });
  }

  /** Show a command, as the desk tells of it, or nothing. */
  show(command) {
    this.element.hidden = !command;
    if (!command) return;
    const { id, name, done, total, asked } = command;
    const silent = asked >= SILENT_FROM && !total;
    const text = silent ? "The kernel has not answered yet: it is busy with a cell, or gone" : `${WORK[name] ?? "Working"}…`;
    if (this.workingOn !== id || this.silent !== silent) {
      Object.assign(this, { workingOn: id, silent });
      this.bar = h("progress", { "aria-label": text });
      this.element.replaceChildren(h("span", {}, text), this.bar, ...(this.stop ? [this.#button()] : []));
    }
    if (total) Object.assign(this.bar, { max: total, value: done });
    else this.bar.removeAttribute("value");
  }

  #button() {
    const onclick = () => this.stop(this.workingOn);
    return h("button.nerv-chip-button", { type: "button", onclick }, "Stop");
  }
}
