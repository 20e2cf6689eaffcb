// A value to be typed: its kind, and a field that fits it. The kernel reads and checks it.

import { h } from "./dom.js";

// As in nerv_lab/widgets/shown/literals.py.
export const KINDS = {
  str: "text", int: "whole number", float: "number", bool: "true / false", None: "nothing",
  date: "date", datetime: "moment", Decimal: "decimal", UUID: "UUID", json: "JSON",
};
const SINGLE_LINE = 60;

export class LiteralField {
  /** @param value {kind, literal}, to start from; @param changed Called when it was edited. */
  constructor({ kind = "str", literal = "" }, label, changed = () => {}) {
    this.changed = changed;
    this.kinds = h("select.nerv-input", { "aria-label": `Kind of ${label}` });
    this.kinds.append(...Object.entries(KINDS).map(([k, name]) => h("option", { value: k }, name)));
    this.kinds.value = kind;
    this.kinds.addEventListener("change", () => this.changed());
    const long = kind === "json" || literal.includes("\n") || literal.length > SINGLE_LINE;
    this.text = h(long ? "textarea.nerv-input" : "input.nerv-input", {
      "aria-label": label, ...(long ? { rows: 4 } : { type: "text" }), spellcheck: "false",
    });
    this.text.value = literal;
    this.text.addEventListener("input", () => this.changed());
    this.element = h("div.nerv-literal", {}, this.kinds, this.text);
  }

  get value() {
    return { kind: this.kinds.value, text: this.text.value };
  }
}
