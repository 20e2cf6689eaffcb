// The search: words and conditions, with the first results to choose from.

import { counted, h, icon } from "../common/dom.js";
import { ranked } from "../model/ranking.js";

const SHOWN_RESULTS = 8;
const TYPING_MS = 180;
const HELP = "Also type:person tag:x has:born born>=1815 degree>2 -word";

export class SearchBox {
  /**
   * @param on {find(query) -> {ids, total} of the kernel, found(ids or null), choose(id)}
   */
  constructor(store, on) {
    Object.assign(this, { store, on, asked: 0, isBusy: false });
    const input = h("input.nerv-input", {
      type: "search",
      placeholder: "Search nodes",
      "aria-label": "Search nodes",
    });
    this.results = h("div.nerv-results", { hidden: true, role: "listbox" });
    input.addEventListener("input", () => this.#find(input.value));
    input.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the notebook has shortcuts of its own
      if (event.key === "Escape") this.#clear();
      if (event.key === "Enter") this.results.querySelector("button")?.click();
      if (event.key === "ArrowDown") this.results.querySelector("button")?.focus();
    });
    this.input = input;
    this.element = h("div.nerv-search", {}, icon("search"), input, this.results);
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget)) this.results.hidden = true;
    });
  }

  destroy() {
    clearTimeout(this.waiting);
  }

  /** What is at hand is found at once; the kernel, which knows properties too, a moment later. */
  #find(text) {
    clearTimeout(this.waiting);
    const asked = ++this.asked;
    const found = this.store.search(text, 2000);
    this.#found(text, found, found.length);
    this.#setBusy(Boolean(text.trim()));
    if (this.isBusy) this.waiting = setTimeout(() => this.#ask(text, asked), TYPING_MS);
  }

  async #ask(text, asked) {
    try {
      const { ids, total } = await this.on.find(text);
      if (asked === this.asked) this.#found(text, ids, total);
    } catch (error) {
      if (asked !== this.asked) return;
      this.results.replaceChildren();
      this.#hint("span.nerv-field-error", error.message);
      this.#hint("span.nerv-hint", HELP);
      this.print = null;
    }
    if (asked === this.asked) this.#setBusy(false);
  }

  #setBusy(isBusy) {
    this.isBusy = isBusy;
    this.results.setAttribute("aria-busy", String(isBusy));
  }

  #hint(what, text) {
    this.results.append(h(what, {}, text));
  }

  #found(text, ids, total) {
    const found = ranked(this.store.graph, ids, text);
    this.on.found(text.trim() ? found : null);
    this.results.hidden = !text.trim();
    this.results.dataset.total = total;
    const nodes = found.slice(0, SHOWN_RESULTS).map((id) => this.store.graph.node(id));
    const print = JSON.stringify([nodes.map(({ id, label, kind, color }) => [id, label, kind, color]), total]);
    if (print === this.print) return; // a click or the focus may be on a row just now
    this.print = print;
    this.results.replaceChildren(...nodes.map((node) => this.#result(node)));
    if (!found.length) this.#hint("span.nerv-hint", "Nothing found");
    if (total > SHOWN_RESULTS) {
      this.#hint("span.nerv-hint", `${counted(total, "match", "matches")}, marked in the graph`);
    }
    this.#hint("span.nerv-hint", HELP);
  }

  #result({ id, label, kind, color }) {
    const swatch = h("span.nerv-swatch", {});
    swatch.style.background = color;
    const attributes = { type: "button", role: "option" };
    const name = h("span.nerv-result-name", {}, label);
    const row = h("button.nerv-result", attributes, swatch, name, h("small", {}, kind));
    row.addEventListener("click", () => {
      this.#clear();
      this.on.choose(id);
    });
    row.addEventListener("keydown", (event) => {
      const next = { ArrowDown: row.nextSibling, ArrowUp: row.previousSibling }[event.key];
      if (next?.matches?.("button")) next.focus();
      event.stopPropagation();
    });
    return row;
  }

  #clear() {
    this.input.value = "";
    this.#find("");
  }
}
