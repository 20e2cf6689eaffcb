// The monitor: a table of what is measured, as the kernel last told it.

import { h } from "./common/dom.js";
import css from "./common/style.css";
import { readTheme, watchTheme } from "./common/theme.js";

export class Monitor {
  constructor({ model, el }) {
    this.model = model;
    this.body = h("tbody");
    this.caption = h("caption");
    this.root = h("div.nerv.nerv-monitor", { "data-theme": "auto" }, h("style", {}, css),
      h("table", {}, this.caption, this.body));
    el.append(this.root);
    this.told = () => this.#show();
    model.on("change:_table", this.told);
    this.unwatch = watchTheme(() => readTheme(this.root));
    readTheme(this.root);
    this.#show();
  }

  #show() {
    const { caption, rows } = this.model.get("_table");
    this.caption.textContent = caption;
    this.body.replaceChildren(...rows.map(([name, value]) =>
      h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, value))));
  }

  destroy() {
    this.model.off("change:_table", this.told);
    this.unwatch();
    this.root.remove();
  }
}
