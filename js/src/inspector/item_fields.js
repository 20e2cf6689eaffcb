// The fields and properties of an item: shown, edited in place, and each with its history.

import { breakable, h, iconButton } from "../common/dom.js";
import { EditForm, textField } from "./edit_form.js";
import { historyList } from "./item_history.js";
import { LiteralField } from "../common/literals.js";

export class ItemFields {
  /** @param on {closed(), seek(seq), attempt(command, args) -> its result, or null after it was
   *   shown what went wrong} */
  constructor(desk, on) {
    Object.assign(this, { desk, on, readOnly: true });
    this.form = null; // an EditForm that is open; what is typed is not lost to a refresh
  }

  get editing() {
    return Boolean(this.form?.element.isConnected);
  }

  /** A field with what it takes to edit it; an empty one only where it can be filled. */
  field(item, field, shown, text) {
    if (this.readOnly) return text || field === "name" ? shown : null;
    const label = `the ${field}`;
    const edit = () => this.#open(row, label, textField(label, text), {
      save: (value) => this.#save({ id: item.id, field, ...value }),
    });
    const there = text || field === "name";
    const attributes = { type: "button", "aria-label": `Edit ${label}`, onclick: edit };
    const button = there
      ? iconButton("pencil", `Edit ${label}`, edit)
      : h("button.nerv-chip-button", attributes, `+ ${field}`);
    const row = h("div.nerv-field", {}, there ? shown : null, button);
    return row;
  }

  /** All properties, each with its history, and a way to add one. */
  properties(item) {
    const rows = item.properties.map((property) => this.#property(item, property));
    if (item.kind === "relation") rows.unshift(this.#strength(item));
    const hidden = item.properties_total - item.properties.length;
    if (!rows.length && this.readOnly) return [];
    return [
      h("h4", {}, "Properties"),
      h("dl.nerv-properties", {}, ...rows),
      hidden > 0 ? h("p.nerv-hint", {}, `and ${hidden} more`) : null,
      this.readOnly ? null : this.#newProperty(item),
    ];
  }

  #strength(item) {
    const value = this.field(item, "strength", h("span", {}, `${item.strength}`), `${item.strength}`);
    return h("div", {}, h("dt", {}, "strength"), h("dd", { "data-kind": "float" }, value));
  }

  #property(item, { name, kind, text }) {
    const tools = h("div.nerv-property-tools", {},
      iconButton("clock", `History of ${name}`, () => this.#history(row, item, name)),
      this.readOnly ? null : iconButton("pencil", `Edit ${name}`, () => this.#edit(row, item, name)));
    const value = h("dd", { "data-kind": kind }, text, tools);
    const row = h("div", {}, h("dt", { title: kind }, ...breakable(name)), value);
    return row;
  }

  async #edit(row, item, name) {
    const start = await this.on.attempt("literal", { id: item.id, property: name });
    if (!start) return;
    const place = { id: item.id, property: name };
    this.#open(row, name, new LiteralField(start, name), {
      save: (value) => this.#save({ ...place, ...value }),
      remove: () => this.#save({ ...place, remove: true }),
    });
  }

  #newProperty(item) {
    const add = h("button.nerv-chip-button", { type: "button" }, "Add a property");
    const row = h("div.nerv-field", {}, add);
    add.addEventListener("click", () => {
      const name = textField("Name of the property", "");
      const literal = new LiteralField({}, "Value of the property");
      name.text.placeholder = "name";
      const field = {
        element: h("div.nerv-new-property", {}, name.element, literal.element),
        text: name.text,
        get value() {
          return { property: name.text.value, ...literal.value };
        },
      };
      this.#open(row, "a new property", field, {
        save: (value) => this.#save({ id: item.id, ...value }),
      });
    });
    return row;
  }

  /** Put a form in the place of a row, one at a time. */
  #open(row, label, field, on) {
    this.form?.on.close();
    const form = new EditForm(label, field, {
      ...on,
      close: () => {
        form.element.replaceWith(row);
        if (this.form === form) this.form = null;
        row.querySelector("button")?.focus({ preventScroll: true });
        this.on.closed();
      },
    });
    this.form = form;
    row.replaceWith(form.element);
    form.focus();
  }

  #save(request) {
    return this.desk.ask("edit", request);
  }

  async #history(row, item, name) {
    const known = row.querySelector(".nerv-history");
    if (known) {
      known.remove();
      return;
    }
    const found = await this.on.attempt("history", { id: item.id, property: name });
    if (found) row.append(historyList(found, this.on.seek));
  }
}
