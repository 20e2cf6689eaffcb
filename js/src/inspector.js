// What is selected, with its properties, tags and neighbours.

import { changeList, countChips } from "./change_list.js";
import { ago, counted, fullTime, h, iconButton } from "./dom.js";

const ARROWS = { out: "→", in: "←", both: "↔" };
const SUGGESTED = 8;

/** The nodes with most relations, in one pass over the graph. */
function mostConnected(graph, count) {
  let best = [];
  let least = -1;
  graph.forEachNode((id) => {
    const degree = graph.degree(id);
    if (best.length >= count && degree <= least) return;
    best.push({ id, degree });
    best.sort((a, b) => b.degree - a.degree || (a.id < b.id ? -1 : 1));
    best = best.slice(0, count);
    least = best.at(-1).degree;
  });
  return best.map(({ id }) => id);
}

export class Inspector {
  /** @param compare A Compare, whose list is shown while nothing is selected.
   *  @param on {select(ids), center(id)} */
  constructor(store, desk, compare, on) {
    Object.assign(this, { store, desk, compare, on, id: null, others: 0, asked: 0 });
    this.element = h("aside.nerv-inspector", { "aria-label": "Inspector" });
  }

  /** Show an item; of several, the last that was chosen. */
  async show(ids) {
    this.id = ids.at(-1) ?? null;
    this.others = Math.max(ids.length - 1, 0);
    await this.refresh();
  }

  /** Ask again: what is shown may have changed. */
  async refresh() {
    const asked = ++this.asked;
    if (this.id === null) {
      if (this.compare.result) this.#changes();
      else this.#overview();
      return;
    }
    if (this.element.dataset.id !== this.id) this.#waiting();
    try {
      const item = await this.desk.ask("inspect", { id: this.id });
      if (asked === this.asked) this.#item(item);
    } catch (error) {
      if (asked === this.asked) this.#missing(error.message);
    }
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
      const { label, color } = graph.getNodeAttributes(id);
      return this.#link(id, label, color, counted(graph.degree(id), "relation"));
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
    const chip = h("span.nerv-type", {}, item.type);
    if (color) chip.style.setProperty("--nerv-type", color);
    this.#fill(
      item.id,
      h("div.nerv-inspector-head", {}, chip, this.#more(), close),
      h("h3.nerv-title", {}, item.title),
      item.description ? h("p", {}, item.description) : null,
      item.tags.length ? h("div.nerv-tags", {}, ...item.tags.map((t) => h("span", {}, t))) : null,
      item.kind === "relation" ? this.#ends(item) : null,
      ...this.#properties(item),
      ...this.#neighbours(item),
      this.#foot(item),
    );
  }

  #more() {
    return this.others ? h("small.nerv-hint", {}, `and ${this.others} more selected`) : null;
  }

  #colour(id) {
    return id && this.store.graph.hasNode(id) ? this.store.graph.getNodeAttribute(id, "color") : "";
  }

  #ends(item) {
    const [from, to] = item.ends;
    const arrow = h("span.nerv-arrow", {}, item.both ? ARROWS.both : ARROWS.out);
    const end = ({ id, title }) => this.#link(id, title, this.#colour(id), "");
    return h("div.nerv-ends", {}, end(from), arrow, end(to));
  }

  #properties(item) {
    const rows = item.properties.flatMap(({ name, kind, text }) => [
      h("dt", { title: kind }, name),
      h("dd", { "data-kind": kind }, text),
    ]);
    if (item.kind === "relation") {
      rows.unshift(h("dt", {}, "strength"), h("dd", { "data-kind": "float" }, `${item.strength}`));
    }
    if (!rows.length) return [];
    const hidden = item.properties_total - item.properties.length;
    return [
      h("h4", {}, "Properties"),
      h("dl.nerv-properties", {}, ...rows),
      hidden > 0 ? h("p.nerv-hint", {}, `and ${hidden} more`) : null,
    ];
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
