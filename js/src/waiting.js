// What stands in a view's place until the kernel is heard, and for good where there is none: the
// picture that was kept when the cell ran.

import { h } from "./common/dom.js";

const ALT = "The graph when the cell was run";

export class Waiting {
  /** @param picture an SVG in base64, or nothing */
  constructor(picture) {
    const source = picture ? `data:image/svg+xml;base64,${picture}` : null;
    this.text = h("span", {}, "Waiting for the kernel…");
    this.element = h("div.nerv-waiting", {}, source && h("img", { src: source, alt: ALT }), this.text);
  }

  /** Nobody answers: leave what is to be said to the notice above, and stand where it can be seen. */
  giveUp() {
    this.text.remove();
    this.element.parentElement?.classList.add("nerv-unheard");
  }

  remove() {
    this.element.parentElement?.classList.remove("nerv-unheard");
    this.element.remove();
  }
}
