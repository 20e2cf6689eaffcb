// The branches: go to one, bring one in, begin one; and names for versions.

import { focusedIn, h, icon } from "../common/dom.js";

const MARGIN = 8; // pixels from the rim of the view

export class BranchMenu {
  /** @param on {refs(), switch(name), create(name), tag(name)}, promises whose errors are shown
   *   here, and merge(name). */
  constructor(on) {
    this.on = on;
    this.name = h("span");
    this.button = h("button.nerv-branch", {
      type: "button", "aria-haspopup": "true", "aria-expanded": "false", title: "Branches and tags",
    }, icon("branch"), this.name);
    this.button.addEventListener("click", () => (this.menu.hidden ? this.open() : this.close()));
    this.alert = h("div.nerv-field-error", { role: "alert" });
    this.menu = h("div.nerv-menu", { role: "group", "aria-label": "Branches and tags", hidden: true });
    this.element = h("div.nerv-menu-box", {}, this.button, this.menu);
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget && !this.element.contains(relatedTarget)) this.close();
    });
    this.outside = (event) => event.composedPath().includes(this.element) || this.close();
  }

  update({ branch, shown, head_label: head, closed }) {
    this.name.textContent = branch;
    this.button.disabled = closed;
    this.place = shown ? shown.label : head;
  }

  async open() {
    this.alert.textContent = "";
    const refs = await this.on.refs().catch((error) => this.#fail(error));
    this.menu.replaceChildren(
      h("h4", {}, "Branches"),
      ...(refs?.branches ?? []).map((branch) => this.#branch(branch)),
      ...(refs && this.place ? [this.#form("branch", `New branch at ${this.place}`, "Create", this.on.create),
        h("h4", {}, "Tags"),
        this.#tags(refs.tags),
        this.#form("tag", `Tag for ${this.place}`, "Tag", this.on.tag)] : []),
      this.alert,
    );
    this.menu.hidden = false;
    this.#place();
    this.button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", this.outside, true);
    this.menu.querySelector("button:not(:disabled)")?.focus();
  }

  /** Below the button, and inside of the view as a whole. */
  #place() {
    const view = this.element.closest(".nerv").getBoundingClientRect();
    const { left, right } = this.element.getBoundingClientRect();
    const least = view.left + MARGIN;
    const wanted = Math.min(Math.max(right - this.menu.offsetWidth, least), view.right - MARGIN - this.menu.offsetWidth);
    this.menu.style.left = `${Math.max(wanted, least) - left}px`;
  }

  close() {
    if (this.menu.hidden) return;
    if (this.menu.contains(focusedIn(this.menu))) this.button.focus();
    this.menu.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", this.outside, true);
  }

  #branch({ name, label, description, current }) {
    const go = h("button.nerv-result", {
      type: "button", disabled: current, "aria-current": current ? "true" : null, title: description,
      "aria-label": current ? `${name} ${label} · here, the branch you are on` : `Switch to ${name} ${label}`,
    }, h("span.nerv-result-name", {}, name), " ", h("small", {}, current ? `${label} · here` : label));
    go.addEventListener("click", () => this.#done(this.on.switch(name)));
    const merge = h("button.nerv-chip-button", { type: "button", title: `Merge ${name} into this branch` }, "Merge…");
    merge.addEventListener("click", () => {
      this.close();
      this.on.merge(name);
    });
    return h("div.nerv-menu-row", {}, go, current || !label ? null : merge);
  }

  #tags(tags) {
    if (!tags.length) return h("span.nerv-hint", {}, "No version has a name yet.");
    const chips = tags.map(({ name, label }) => h("span", {}, `${name} → ${label}`));
    return h("div.nerv-tags", {}, ...chips);
  }

  #form(what, label, action, run) {
    const input = h("input.nerv-input", {
      type: "text", placeholder: label, "aria-label": label, maxlength: "200", required: true,
    });
    const button = h("button.nerv-button", { type: "submit" }, action);
    const form = h(`form.nerv-row.nerv-menu-form`, { "data-form": what }, input, button);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#done(run(input.value));
    });
    return form;
  }

  async #done(promise) {
    try {
      await promise;
      this.close();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error) {
    this.alert.textContent = error.message;
  }

  #key(event) {
    event.stopPropagation();
    if (event.key === "Escape") this.close();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || this.menu.hidden) return;
    event.preventDefault();
    const stops = [...this.menu.querySelectorAll("button:not(:disabled), input")];
    stops.at((stops.indexOf(focusedIn(this.menu)) + step) % stops.length)?.focus();
  }
}
