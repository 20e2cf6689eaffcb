// The graph as a table: virtualised, sortable, with the same filter and the same selection.

import { h } from "../common/dom.js";
import { COLUMNS, tableRows, windowOf } from "./table_rows.js";

const ROW = 28;
const MOST_MS = 1000;
let tables = 0;

export class TablePanel {
  /** @param on {select(ids)} */
  constructor(store, look, on) {
    Object.assign(this, { store, look, on, rows: [], sort: { by: "label", down: false }, at: 0 });
    this.name = `nerv-rows-${++tables}`; // ids of rows must differ from those of another table
    this.head = h("div.nerv-table-head", { role: "row", "aria-rowindex": "1" });
    this.body = h("div.nerv-table-body", { role: "rowgroup" });
    this.scroll = h("div.nerv-table-scroll", {
      role: "grid", tabindex: "0", "aria-label": "Table of entities", "aria-multiselectable": "true",
      "aria-colcount": COLUMNS.length,
    }, h("div.nerv-table-top", { role: "rowgroup" }, this.head), this.body);
    this.element = h("div.nerv-table", { hidden: true }, this.scroll);
    this.scroll.addEventListener("scroll", () => this.paint());
    this.scroll.addEventListener("keydown", (event) => this.#key(event));
    this.resized = new ResizeObserver(() => this.paint());
    this.resized.observe(this.scroll);
  }

  get shown() {
    return !this.element.hidden;
  }

  show(shown) {
    this.element.hidden = !shown;
    if (!shown) return;
    this.#sorted();
    this.scroll.focus({ preventScroll: true });
  }

  /** Take up what changed in the graph or in its filter; long tables, less often. */
  refresh() {
    if (!this.shown) return;
    this.pending ??= setTimeout(() => this.#sorted(), Math.min(this.rows.length / 20, MOST_MS));
  }

  #sorted() {
    clearTimeout(this.pending);
    this.pending = null;
    this.rows = tableRows(this.store.graph, this.look, this.sort);
    this.at = Math.min(this.at, Math.max(this.rows.length - 1, 0));
    this.scroll.setAttribute("aria-rowcount", this.rows.length + 1);
    this.body.style.height = `${Math.max(this.rows.length, 1) * ROW}px`;
    this.#heads();
    this.paint();
  }

  destroy() {
    clearTimeout(this.pending);
    this.resized.disconnect();
  }

  #heads() {
    if (!this.head.childElementCount) {
      this.head.append(...COLUMNS.map(({ name, title }) => {
        const button = h("button", { type: "button" }, title);
        button.addEventListener("click", () => this.#sortBy(name));
        return h("div", { role: "columnheader" }, button);
      }));
    }
    COLUMNS.forEach(({ name }, i) => {
      const { by, down } = this.sort;
      const sorted = by !== name ? "none" : down ? "descending" : "ascending";
      this.head.children[i].setAttribute("aria-sort", sorted);
    });
  }

  #sortBy(name) {
    const { by, down } = this.sort;
    const text = COLUMNS.find((column) => column.name === name).text;
    this.sort = { by: name, down: by === name ? !down : !text };
    this.#sorted();
  }

  /** Draw the rows in sight, with what is selected. */
  paint() {
    if (!this.shown) return;
    const [from, to] = windowOf(this.rows.length, this.scroll.scrollTop, this.#height, ROW);
    this.scroll.removeAttribute("aria-activedescendant"); // unless its row is there
    const rows = this.rows.slice(from, to).map((row, i) => this.#row(row, from + i));
    if (!rows.length) rows.push(h("div", { role: "row" }, h("div.nerv-hint", { role: "gridcell" }, "Nothing to list")));
    this.body.replaceChildren(...rows);
  }

  /** Of what is in sight; the head stays on top of it. */
  get #height() {
    return this.scroll.clientHeight - this.head.offsetHeight;
  }

  #row({ id, label, kind, degree }, index) {
    const chosen = this.look.selected.has(id);
    const swatch = h("span.nerv-swatch");
    swatch.style.background = this.store.graph.node(id)?.color ?? "";
    const here = index === this.at;
    const row = h(here ? "div.nerv-table-row.nerv-table-at" : "div.nerv-table-row", {
      role: "row", "aria-rowindex": index + 2, "aria-selected": String(chosen), id: `${this.name}-${index}`,
    }, h("div", { role: "gridcell" }, swatch, label), h("div", { role: "gridcell" }, kind),
      h("div", { role: "gridcell" }, degree));
    if (here) this.scroll.setAttribute("aria-activedescendant", row.id);
    row.style.top = `${index * ROW}px`;
    row.addEventListener("click", (event) => {
      this.at = index;
      this.#choose(id, event.ctrlKey || event.metaKey || event.shiftKey);
    });
    return row;
  }

  #choose(id, several) {
    const chosen = new Set(several ? this.look.selected : []);
    if (several && chosen.has(id)) chosen.delete(id);
    else chosen.add(id);
    this.on.select([...chosen]);
    this.paint();
  }

  #key(event) {
    if (event.target !== this.scroll) return; // a button of the head
    const page = Math.max(Math.floor(this.#height / ROW) - 1, 1);
    const last = this.rows.length - 1;
    const to = {
      ArrowUp: this.at - 1, ArrowDown: this.at + 1, PageUp: this.at - page, PageDown: this.at + page,
      Home: 0, End: last,
    }[event.key];
    const choose = event.key === "Enter" || event.key === " ";
    if ((to === undefined && !choose) || last < 0) return;
    event.preventDefault();
    event.stopPropagation();
    if (choose) {
      this.#choose(this.rows[this.at].id, event.ctrlKey || event.metaKey || event.shiftKey);
      return;
    }
    this.at = Math.max(0, Math.min(to, last));
    const { scrollTop } = this.scroll;
    const top = this.at * ROW;
    if (top < scrollTop) this.scroll.scrollTop = top;
    if (top + ROW > scrollTop + this.#height) this.scroll.scrollTop = top + ROW - this.#height;
    this.paint();
  }
}
