// What is selected, with its properties, tags and neighbours.

import { changeList, countChips } from "../common/change_list.js";
import { ago, breakable, counted, fullTime, h, iconButton } from "../common/dom.js";
import { ItemFields } from "./item_fields.js";
import { isGroup } from "../painting/looks.js";
import { shortestPath } from "../model/paths.js";

const ARROWS = { out: "→", in: "←", both: "↔" };
const SUGGESTED = 8;

/** The nodes with most relations, in one pass over the graph. */
function mostConnected(graph, count) {
  let best = [];
  let least = -1;
  const { ids, degree: degrees } = graph.nodes;
  graph.forNodes((slot) => {
    const degree = degrees[slot];
    if (best.length >= count && degree <= least) return;
    best.push({ id: ids[slot], degree });
    best.sort((a, b) => b.degree - a.degree || (a.id < b.id ? -1 : 1));
    best = best.slice(0, count);
    least = best.at(-1).degree;
  });
  return best.map(({ id }) => id);
}

export class Inspector {
  /** @param compare A Compare, whose list is shown while nothing is selected.
   *  @param on {select(ids), center(id), open(id), seek(seq), attempt(command, args) -> its result,
   *   or null after it was shown what went wrong} */
  constructor(store, desk, compare, on) {
    Object.assign(this, { store, desk, compare, on, id: null, others: 0, asked: 0 });
    this.fields = new ItemFields(desk, { ...on, closed: () => this.refresh() });
    this.perspective = "";
    this.ids = [];
    this.element = h("aside.nerv-inspector", { "aria-label": "Inspector" });
  }

  /** Show an item; of several, the last that was chosen. */
  async show(ids) {
    this.ids = ids;
    const id = ids.at(-1) ?? null;
    if (id !== this.id) this.fields.form = null;
    this.id = id;
    this.others = Math.max(ids.length - 1, 0);
    await this.refresh();
  }

  /** Ask again: what is shown may have changed. */
  async refresh() {
    if (this.fields.editing) return;
    const asked = ++this.asked;
    this.element.classList.toggle("nerv-of-item", this.id !== null);
    if (this.id === null) {
      if (this.compare.result) this.#changes();
      else this.#overview();
      return;
    }
    if (this.element.dataset.id !== this.id) this.#waiting();
    try {
      const item = await this.desk.ask("inspect", { id: this.id, perspective: this.perspective });
      if (asked === this.asked) this.#item(item);
    } catch (error) {
      if (asked !== this.asked) return;
      this.perspective = ""; // it may have been taken away
      this.#missing(error.message);
    }
  }

  /** Say whether the present is shown, which can be changed. */
  setReadOnly(readOnly) {
    if (readOnly === this.fields.readOnly) return;
    Object.assign(this.fields, { readOnly, form: null });
    this.refresh();
  }

  #fill(id, ...children) {
    this.element.dataset.id = id;
    this.element.replaceChildren(...children.filter(Boolean));
  }

  #waiting() {
    this.#fill("", h("p.nerv-hint", {}, "Waiting for the kernel…"));
  }

  #missing(text) {
    this.#fill("", h("p.nerv-hint", {}, text));
  }

  #changes() {
    const { base, result: { counts, changes } } = this.compare;
    const total = counts.added + counts.changed + counts.removed;
    const choose = ({ id, kind }) => {
      this.on.center(id);
      if (kind !== "removed") this.on.select([id]);
    };
    this.#fill(
      "",
      h("h3.nerv-title", {}, `Since ${base.label}`),
      countChips(counts),
      total ? changeList(changes, total, choose) : h("p.nerv-hint", {}, "Nothing differs."),
    );
  }

  #overview() {
    const { graph } = this.store;
    const rows = mostConnected(graph, SUGGESTED).map((id) => {
      const { label, color, degree } = graph.node(id);
      return this.#link(id, label, color, counted(degree, "relation"));
    });
    this.#fill(
      "",
      h("h3.nerv-title", {}, "Nothing selected"),
      h("p.nerv-hint", {}, "Choose a node or a relation to see what is known of it."),
      rows.length ? h("h4", {}, "Most connected") : null,
      h("div.nerv-links", {}, ...rows),
    );
  }

  #link(id, label, color, note) {
    const swatch = h("span.nerv-swatch", {});
    swatch.style.background = color;
    const name = h("span.nerv-link-name", {}, label);
    const link = h("button.nerv-link", { type: "button" }, swatch, name, h("small", {}, note));
    link.addEventListener("click", () => {
      this.on.select([id]);
      this.on.center(id);
    });
    return link;
  }

  #item(item) {
    const close = iconButton("close", "Clear the selection", () => this.on.select([]));
    const color = this.#colour(item.kind === "entity" ? item.id : null);
    const chip = h("span.nerv-type", { title: item.type }, item.type);
    if (color) chip.style.setProperty("--nerv-type", color);
    this.#fill(
      item.id,
      h("div.nerv-inspector-head", {}, chip, this.#more(), close),
      item.kind === "entity"
        ? this.fields.field(item, "name", h("h3.nerv-title", {}, item.title), item.name)
        : h("h3.nerv-title", {}, item.title),
      ...this.#optional(item),
      item.kind === "relation" ? this.#ends(item) : null,
      this.#path(),
      this.#open(item),
      this.#perspectives(item),
      ...(item.seen ? this.#seen(item.seen) : this.fields.properties(item)),
      ...this.#neighbours(item),
      this.#foot(item),
    );
  }

  /** Description and tags; what is empty comes last, in a line, where it can be filled. */
  #optional(item) {
    const tags = h("div.nerv-tags", {}, ...item.tags.map((tag) => h("span", {}, tag)));
    const all = [
      ["description", h("p", {}, item.description), item.description],
      ["tags", tags, item.tags.join(", ")],
    ];
    const rows = (some) => some.map((field) => this.fields.field(item, ...field));
    const empty = rows(all.filter(([, , text]) => !text)).filter(Boolean);
    const line = empty.length ? h("div.nerv-row.nerv-empties", {}, ...empty) : null;
    return [...rows(all.filter(([, , text]) => text)), line];
  }

  /** Of two nodes, the way between them. */
  #path() {
    const { graph } = this.store;
    if (this.ids.length !== 2 || !this.ids.every((id) => graph.hasNode(id))) return null;
    const path = shortestPath(graph, ...this.ids);
    if (!path) return h("p.nerv-hint", {}, "No path leads from one to the other.");
    const steps = counted((path.length - 1) / 2, "step");
    const show = { type: "button", onclick: () => this.on.select(path) };
    return h("button.nerv-chip-button", show, `Select the path between them: ${steps}`);
  }

  /** What a double click does, for the keyboard. */
  #open({ id, kind, degree }) {
    if (kind !== "entity" || (!degree && !isGroup(id))) return null;
    const text = isGroup(id) ? "Open the group" : "Show its neighbours";
    return h("button.nerv-chip-button", { type: "button", onclick: () => this.on.open(id) }, text);
  }

  #perspectives({ perspectives }) {
    if (!perspectives.length) return null;
    const choice = h("select.nerv-input", { "aria-label": "Perspective" },
      h("option", { value: "" }, "Everything"),
      ...perspectives.map((name) => h("option", { value: name }, name)));
    choice.value = this.perspective;
    choice.addEventListener("change", () => {
      this.perspective = choice.value;
      this.refresh();
    });
    return choice;
  }

  #seen({ rows, text }) {
    const list = rows?.map(({ name, kind, text: shown }) =>
      h("div", {}, h("dt", { title: kind }, ...breakable(name)), h("dd", { "data-kind": kind }, shown)));
    return [
      h("h4", {}, `As ${this.perspective}`),
      list ? h("dl.nerv-properties", {}, ...list) : h("p.nerv-hint", {}, text),
    ];
  }

  #more() {
    const text = `${this.others} more selected`;
    return this.others ? h("small.nerv-hint", { title: text }, text) : null;
  }

  #colour(id) {
    return this.store.graph.node(id)?.color ?? "";
  }

  #ends(item) {
    const [from, to] = item.ends;
    const arrow = h("span.nerv-arrow", {}, item.both ? ARROWS.both : ARROWS.out);
    const end = ({ id, title }) => this.#link(id, title, this.#colour(id), "");
    return h("div.nerv-ends", {}, end(from), arrow, end(to));
  }

  #neighbours(item) {
    if (!item.neighbours?.length) return [];
    const rows = item.neighbours.map((row) =>
      this.#link(row.id, row.title, this.#colour(row.id), `${ARROWS[row.way]} ${row.relation_type}`),
    );
    const hidden = item.degree - item.neighbours.length;
    return [
      h("h4", {}, `Relations (${item.degree})`),
      h("div.nerv-links", {}, ...rows),
      hidden > 0 ? h("p.nerv-hint", {}, `and ${hidden} more`) : null,
    ];
  }

  #foot(item) {
    const when = item.updated ? `changed ${ago(item.updated)} · ` : "";
    const text = `${when}revision ${item.revision}`;
    const foot = h("p.nerv-foot", {}, text, h("code", {}, item.id));
    if (item.updated) foot.title = fullTime(item.updated);
    return foot;
  }
}
