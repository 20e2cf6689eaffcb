// The buttons over the graph: zoom, fit, arrange, and what dragging on it does.

import { h, iconButton } from "../common/dom.js";

export class StageTools {
  /** @param on {zoom(factor), fit(), arrange(), mode("move", "box" or "lasso"), unpin()} */
  constructor(on) {
    Object.assign(this, { on, mode: "move" });
    const toggle = (name, title, mode) =>
      iconButton(name, title, () => this.setMode(this.mode === mode ? "move" : mode));
    this.box = toggle("box", "Select by a box (Shift and drag)", "box");
    this.lasso = toggle("lasso", "Select by a line around", "lasso");
    this.pin = iconButton("pin", "Let go of what was moved by hand", () => on.unpin());
    this.element = h(
      "div.nerv-stage-tools",
      {},
      iconButton("plus", "Zoom in", () => on.zoom(1.5)),
      iconButton("minus", "Zoom out", () => on.zoom(1 / 1.5)),
      iconButton("fit", "Fit the whole graph", () => on.fit()),
      iconButton("arrange", "Arrange the graph anew", () => on.arrange()),
      this.box,
      this.lasso,
      this.pin,
    );
    this.showPins(false);
    this.#press();
  }

  setMode(mode) {
    this.mode = mode;
    this.#press();
    this.on.mode(mode);
  }

  #press() {
    this.box.setAttribute("aria-pressed", String(this.mode === "box"));
    this.lasso.setAttribute("aria-pressed", String(this.mode === "lasso"));
  }

  /** Whether anything is held that could be let go of. */
  showPins(any) {
    this.pin.hidden = !any;
  }
}
