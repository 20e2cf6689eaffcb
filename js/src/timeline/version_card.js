// The card of a version: what it is, and what it changed.

import { changeList, countChips } from "../common/change_list.js";
import { h } from "../common/dom.js";

const ROOM = 14; // for the label of the mark below it

export class VersionCard {
  /** @param container What it stays inside of. @param ask Gives the summary of a version. */
  constructor(container, ask) {
    Object.assign(this, { container, ask, summaries: new Map() }); // versions do not change
    this.element = h("div.nerv-card", { role: "tooltip", hidden: true });
    container.append(this.element);
  }

  /** Show a card while the mark is hovered or has the focus. @param content Makes what it holds. */
  tell(mark, content) {
    const show = () => this.show(() => mark.getBoundingClientRect(), content());
    mark.addEventListener("pointerenter", show);
    mark.addEventListener("pointerleave", () => this.hide());
    mark.addEventListener("focus", show);
    mark.addEventListener("blur", () => this.hide());
    mark.addEventListener("click", () => this.hide()); // what was asked for is in the graph, not in its way
  }

  /** Show it above a box of the screen. */
  show(boxOf, content) {
    this.replace = () => {
      for (const part of this.element.children) {
        part.classList.toggle("nerv-cut", part.scrollHeight > part.clientHeight + 1);
      }
      const box = this.container.getBoundingClientRect();
      const at = boxOf();
      const left = at.left + at.width / 2 - box.left - this.element.offsetWidth / 2;
      const most = box.width - this.element.offsetWidth - 8;
      this.element.style.left = `${Math.max(8, Math.min(left, most))}px`;
      const above = at.top - box.top - this.element.offsetHeight - ROOM;
      this.element.style.top = `${Math.max(above, 4 - this.container.offsetTop)}px`;
    };
    this.element.replaceChildren(...content);
    this.element.hidden = false;
    this.replace();
  }

  hide() {
    this.element.hidden = true;
  }

  /** What a version changed; asked for once. */
  summary(version) {
    const box = h("div.nerv-card-summary");
    if (!this.summaries.has(version.id)) {
      this.summaries.set(version.id, this.ask(version).catch(() => null));
    }
    this.summaries.get(version.id).then((summary) => {
      if (!summary) {
        this.summaries.delete(version.id);
        return;
      }
      const { added, changed, removed } = summary.counts;
      box.append(countChips(summary.counts), changeList(summary.changes, added + changed + removed));
      if (box.isConnected) this.replace();
    });
    return box;
  }
}
