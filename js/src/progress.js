// How much of a large graph is here by now, with a way to leave it at that and to go on after all.

import { counted, h } from "./common/dom.js";

const SLOW_MS = 1000; // what takes longer can be stopped

export class Progress {
  /** @param on {halt(), resume()} */
  constructor(on) {
    Object.assign(this, { on, halted: false });
    this.bar = h("progress", { max: 1, "aria-label": "Loading the graph" });
    this.text = h("span", { role: "status" });
    this.button = h("button.nerv-chip-button", { type: "button" });
    this.button.addEventListener("click", () => (this.halted ? this.#resume() : this.#halt()));
    this.element = h("div.nerv-progress", { hidden: true }, this.bar, this.text, this.button);
  }

  /** Take what is said of a part, if anything: a graph that is not large comes at once. */
  update(load, first) {
    if (first) this.#begin();
    if (!load || this.halted) return;
    if (first) this.waiting = setTimeout(() => this.#offer(false), SLOW_MS);
    this.load = load;
    const { nodes, edges, nodes_here: nodesHere, edges_here: edgesHere } = load;
    this.bar.value = (nodesHere + edgesHere) / (nodes + edges);
    this.text.textContent = `Loading: ${this.#counts()}`;
    this.element.hidden = nodesHere === nodes && edgesHere === edges;
  }

  destroy() {
    clearTimeout(this.waiting);
  }

  #counts() {
    const { nodes, edges, nodes_here: nodesHere, edges_here: edgesHere } = this.load;
    const of = (here, all) => `${here.toLocaleString("en")} of ${all}`;
    return `${of(nodesHere, counted(nodes, "entity", "entities"))}, ${of(edgesHere, counted(edges, "relation"))}`;
  }

  #offer(halted) {
    this.halted = this.bar.hidden = halted;
    this.button.textContent = halted ? "Load the rest" : "Stop";
    this.button.hidden = false;
  }

  #begin() {
    clearTimeout(this.waiting);
    this.#offer(false);
    this.button.hidden = this.element.hidden = true;
  }

  #halt() {
    this.#offer(true);
    this.text.textContent = `Stopped at ${this.#counts()}`;
    this.on.halt();
  }

  #resume() {
    this.#begin();
    this.on.resume();
  }
}
