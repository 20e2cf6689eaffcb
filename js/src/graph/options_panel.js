// What is shown and how it is arranged: layouts, conditions with counts, groups, a picture.

import { counted, h, iconButton } from "../common/dom.js";
import { parseQuery, writeQuery } from "../model/query.js";

const LAYOUTS = [
  ["force", "Forces"], ["layered", "Layers"], ["circular", "Circle"], ["grouped", "Groups"], ["axes", "Axes"],
  ["fixed", "As they are"],
];
const DIRECTIONS = [["down", "downwards"], ["up", "upwards"], ["right", "to the right"], ["left", "to the left"]];
const TYPING_MS = 350;

function select(label, options, value, changed) {
  const element = h("select.nerv-input", { "aria-label": label },
    ...options.map(([name, text]) => h("option", { value: name }, text)));
  if (options.some(([name]) => name === value)) element.value = value;
  element.addEventListener("change", () => changed(element.value));
  return element;
}

export class OptionsPanel {
  /**
   * @param on {facets() -> what there is, filter(query), layout(layout), collapse(), uncollapse(),
   *   showAll(), picture()}; all but the first are done when their promise is.
   */
  constructor(on) {
    Object.assign(this, { on, lens: null, layout: { name: "force" }, facets: null, asked: 0 });
    this.button = iconButton("sliders", "Filter and arrange", () => this.show(this.element.hidden));
    this.button.setAttribute("aria-expanded", "false");
    this.body = h("div.nerv-options-body");
    const close = iconButton("close", "Close", () => this.show(false));
    this.element = h("aside.nerv-options", { "aria-label": "Filter and arrange", hidden: true },
      h("div.nerv-options-head", {}, h("h3", {}, "Filter and arrange"), close), this.body);
    this.element.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the notebook has shortcuts of its own
      if (event.key === "Escape") this.show(false);
    });
  }

  async show(shown) {
    this.element.hidden = !shown;
    this.button.setAttribute("aria-expanded", String(shown));
    if (!shown) {
      this.button.focus({ preventScroll: true });
      return;
    }
    await this.refresh();
    this.body.querySelector("select")?.focus({ preventScroll: true });
  }

  /** Say what the kernel shows: its lens, or null; and the layout. */
  update(lens, layout) {
    const print = JSON.stringify([lens, layout]);
    if (print === this.print) return;
    Object.assign(this, { lens, layout, print });
    this.button.classList.toggle("nerv-on", Boolean(lens));
    if (!this.element.hidden) this.#draw();
  }

  /** Ask what there is: it may have changed. */
  async refresh() {
    const asked = ++this.asked;
    const facets = await this.on.facets();
    if (asked !== this.asked || !facets) return;
    this.facets = facets;
    this.#draw();
  }

  #draw() {
    if (!this.facets) return;
    const focused = this.body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.query = parseQuery(this.lens?.filter ?? "");
    this.body.replaceChildren(...this.#arrangement(), ...this.#conditions(), ...this.#foot());
    if (focused) this.body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  // -- layout -----------------------------------------------------------------------------------

  #arrangement() {
    const { layout } = this;
    const names = select("Layout", LAYOUTS, layout.name, (name) => this.#choose(name));
    names.dataset.key = "layout";
    return [h("h4", {}, "Layout"), names, ...this.#layoutOptions(layout)];
  }

  #choose(name) {
    const numbers = this.#numbers();
    const usual = {
      layered: { direction: "down" }, grouped: { by: "type" }, axes: { x: numbers[0], y: numbers[1] ?? numbers[0] },
    };
    this.on.layout({ name, ...usual[name] });
  }

  #numbers() {
    return [...this.facets.properties.filter(([, , numeric]) => numeric).map(([name]) => name), "degree"];
  }

  #layoutOptions(layout) {
    const field = (label, option, names) =>
      h("label.nerv-options-row", {}, h("span", {}, label),
        select(label, names, layout[option], (value) => this.on.layout({ ...layout, [option]: value })));
    const pairs = (names) => names.map((name) => [name, name]);
    if (layout.name === "layered") return [field("Direction", "direction", DIRECTIONS)];
    if (layout.name === "grouped") {
      return [field("By", "by", pairs(["type", "tag", ...this.facets.properties.map(([name]) => name)]))];
    }
    if (layout.name === "axes") return ["x", "y"].map((axis) => field(axis === "x" ? "Across" : "Upwards", axis, pairs(this.#numbers())));
    return [];
  }

  // -- conditions -------------------------------------------------------------------------------

  #conditions() {
    const { types, tags, properties, degree } = this.facets;
    const { query } = this;
    const text = h("input.nerv-input", {
      type: "text", "aria-label": "Other conditions", placeholder: "born>=1815 ada -draft", value: query.rest, "data-key": "rest",
    });
    const typed = () => this.#set({ rest: text.value });
    text.addEventListener("change", typed);
    text.addEventListener("keydown", (event) => event.key === "Enter" && typed());
    const least = h("input.nerv-input", {
      type: "number", min: 0, max: degree, value: query.degree, "aria-label": "Least relations", "data-key": "degree",
    });
    least.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.#set({ degree: Math.max(0, Math.floor(Number(least.value) || 0)) }), TYPING_MS);
    });
    return [
      ...this.#boxes("Types", "types", types),
      ...this.#boxes("Tags", "tags", tags),
      ...this.#boxes("With the property", "has", properties),
      h("h4", {}, "Conditions"),
      h("label.nerv-options-row", {}, h("span", {}, "Relations, at least"), least),
      text,
    ];
  }

  #boxes(title, key, values) {
    if (!values.length) return [];
    const rows = values.map(([name, count]) => {
      const box = h("input", { type: "checkbox", "data-key": `${key} ${name}` });
      box.checked = this.query[key].has(name);
      box.addEventListener("change", () => {
        if (box.checked) this.query[key].add(name);
        else this.query[key].delete(name);
        this.#set({});
      });
      return h("label.nerv-facet", {}, box, h("span.nerv-legend-name", {}, name),
        h("span.nerv-legend-count", {}, count.toLocaleString("en")));
    });
    return [h("h4", {}, title), h("div.nerv-facets", { role: "group", "aria-label": title }, ...rows)];
  }

  #set(change) {
    Object.assign(this.query, change);
    this.on.filter(writeQuery(this.query));
  }

  // -- the rest -----------------------------------------------------------------------------------

  #foot() {
    const button = (text, run, key) => h("button.nerv-chip-button", { type: "button", onclick: run, "data-key": key }, text);
    const { lens } = this;
    return [
      h("div.nerv-options-foot", {},
        button("One node per type", this.on.collapse, "collapse"),
        lens?.collapsed.length ? button("Open all groups", this.on.uncollapse, "uncollapse") : null,
        lens ? button(`Show all ${counted(lens.total, "entity", "entities")}`, this.on.showAll, "all") : null,
        button("Save as PNG", this.on.picture, "png")),
    ];
  }
}
