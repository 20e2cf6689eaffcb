// A stretch of the log that was selected: what happened in it, and what can be done with it.

import { countChips } from "../common/change_list.js";
import { counted, h, iconButton } from "../common/dom.js";

export class RangeBar {
  /** @param on {count(from, to) -> promise of counts, zoom(), show(from, to) or null, clear()} */
  constructor(on) {
    this.on = on;
    this.range = null;
    this.text = h("span.nerv-range-text", { role: "status" });
    const button = (text, title, onclick) => h("button.nerv-chip-button", { type: "button", title, onclick }, text);
    this.element = h("div.nerv-range", { role: "group", "aria-label": "Selected range", hidden: true },
      this.text,
      button("Zoom", "Show this range alone", () => on.zoom()),
      on.show ? button("Mark in graph", "Mark what changed in this range in the graph", () => on.show(...this.range)) : null,
      iconButton("close", "Clear the range", () => on.clear()),
    );
  }

  /** Show a range of positions; once it is final, what changed in it is asked for. */
  update(range, versions, final) {
    this.range = range;
    this.element.hidden = !range;
    if (!range) return;
    const [from, to] = range;
    const told = `Events ${(from + 1).toLocaleString("en")} to ${to.toLocaleString("en")} · ${counted(versions, "version")}`;
    this.text.replaceChildren(h("strong", {}, told));
    if (final) this.#count(range);
  }

  async #count(range) {
    const found = await this.on.count(...range).catch((error) => ({ error }));
    if (this.range !== range) return;
    this.text.append(" ", found.error ? h("span.nerv-hint", {}, found.error.message) : countChips(found.counts));
  }
}
