// The comparison in words: from where to where, how much, what each mark means, and the way out.

import { SIGNS, signOf } from "../common/change_list.js";
import { h, iconButton } from "../common/dom.js";

const SHAPES = {
  added: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11",
  changed: "M8 1.5L14.5 8L8 14.5L1.5 8Z",
  removed: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11",
};

export class CompareBar {
  /** @param on {close(), swap()} */
  constructor(on) {
    this.on = on;
    this.element = h("div.nerv-compare", { role: "status", hidden: true });
  }

  update(compare, shown) {
    this.element.hidden = !compare.result;
    if (!compare.result) return;
    const to = shown ? shown.label : "now";
    const { counts } = compare.result;
    this.element.replaceChildren(
      h("strong", {}, `${compare.base.label} → ${to}`),
      ...Object.keys(SHAPES).map((kind) => entry(kind, counts[kind])),
      iconButton("close", "End the comparison", () => this.on.close()),
    );
  }
}

function entry(kind, count) {
  const dash = kind === "removed" ? "2.5 2" : null;
  const shape = h("path", { d: SHAPES[kind], "stroke-dasharray": dash });
  const icon = h("svg.nerv-icon", { viewBox: "0 0 16 16", "aria-hidden": "true" }, shape);
  return h(`span.${signOf(kind, count)}`, {}, icon, `${SIGNS[kind]}${count.toLocaleString("en")}`, h("span.nerv-wordy", {}, ` ${kind}`));
}
