// A form in the place of a value: saved by the Lab, which has the last word on what is allowed.

import { h } from "../common/dom.js";

export class EditForm {
  /**
   * @param label What is edited, for people.
   * @param field {element, text: the input, value: what is sent}.
   * @param on {save(value) -> promise, close(), remove() -> promise, or nothing}
   */
  constructor(label, field, on) {
    Object.assign(this, { field, on });
    this.error = h("div.nerv-field-error", { role: "alert" });
    const save = h("button.nerv-button.nerv-primary", { type: "submit" }, "Save");
    const cancel = h("button.nerv-button", { type: "button", onclick: () => on.close() }, "Cancel");
    const remove = on.remove
      ? h("button.nerv-button", { type: "button", onclick: () => this.#run(on.remove()) }, "Remove")
      : null;
    this.element = h("form.nerv-edit", { "aria-label": `Edit ${label}`, novalidate: true },
      field.element, this.error, h("div.nerv-row", {}, save, cancel, remove));
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run(on.save(field.value));
    });
    this.element.addEventListener("keydown", (event) => {
      event.stopPropagation(); // the notebook has shortcuts of its own
      if (event.key === "Escape") on.close();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
    });
  }

  focus() {
    this.field.text.focus({ preventScroll: true });
    this.field.text.select();
  }

  async #run(promise) {
    this.error.textContent = "";
    this.field.text.removeAttribute("aria-invalid");
    try {
      await promise;
      this.on.close();
    } catch (error) {
      this.error.textContent = error.reason ?? error.message;
      this.field.text.setAttribute("aria-invalid", "true");
    }
  }
}

/** A line of text to be edited, as a field of an EditForm. */
export function textField(label, text) {
  const input = h("input.nerv-input", { type: "text", "aria-label": label });
  input.value = text;
  return {
    element: input,
    text: input,
    get value() {
      return { text: input.value };
    },
  };
}
