// What is said over the graph: how much of it is shown, that it is being arranged, that it is empty.

import { counted, h } from "../common/dom.js";

const chip = (text, run) => h("button.nerv-chip-button", { type: "button", onclick: run }, text);

export class GraphNotes {
  /** @param on {stop(): of arranging, unfocus(), showAll()} */
  constructor(on) {
    this.on = on;
    this.focus = h("div.nerv-focus", { role: "status", hidden: true });
    this.busy = h("div.nerv-busy", { role: "status", hidden: true });
    this.empty = h("div.nerv-empty", { hidden: true });
    this.elements = [this.empty, this.focus, this.busy];
  }

  /**
   * Say how much is shown.
   * @param focused Of how many the view itself shows no others, or null.
   * @param order How many nodes there are in the browser.
   * @param lens What the kernel leaves out: {filter, around, collapsed, total}, or null.
   */
  sayShown(focused, order, lens) {
    const narrowed = Boolean(lens && (lens.filter || lens.around.length));
    const isFocused = focused !== null;
    this.focus.hidden = !isFocused && !narrowed;
    if (this.focus.hidden) return;
    const [shown, total] = isFocused ? [focused, order] : [order, lens.total];
    this.focus.replaceChildren(
      h("span", {}, `${shown.toLocaleString("en")} of ${counted(total, "entity", "entities")}`),
      chip("Show all", () => (isFocused ? this.on.unfocus() : this.on.showAll())),
    );
  }

  /** Where nothing is shown, say why, and what to do. */
  sayEmpty(isEmpty, lens) {
    this.empty.hidden = !isEmpty;
    if (!isEmpty) return;
    const [title, ...hint] = lens?.total
      ? ["Nothing matches", "No entity fulfils the conditions; “Show all” below takes them away."]
      : ["Nothing here yet", "Entities appear as soon as they are added: ", h("code", {}, 'lab.add_entity("person", "Ada")')];
    this.empty.replaceChildren(h("strong", {}, title), h("span", {}, ...hint));
  }

  sayBusy() {
    this.busy.replaceChildren(h("span", {}, "Arranging…"), chip("Stop", () => this.on.stop()));
    this.busy.hidden = false;
  }

  clearBusy() {
    this.busy.hidden = true;
  }
}
