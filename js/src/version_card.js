// The card of a version: what it is, and what it changed.

import { changeList, countChips } from "./change_list.js";
import { h } from "./dom.js";

export class VersionCard {
  /** @param container What it stays inside of. @param ask Gives the summary of a version. */
  constructor(container, ask) {
    Object.assign(this, { container, ask, summaries: new Map() }); // versions do not change
    this.element = h("div.nerv-card", { role: "tooltip", hidden: true });
    container.append(this.element);
  }

  /** Show a card while the mark is hovered or has the focus. @param content Makes what it holds. */
  tell(mark, content) {
    const place = () => {
      const box = this.container.getBoundingClientRect();
      const at = mark.getBoundingClientRect();
      const left = at.left + at.width / 2 - box.left - this.element.offsetWidth / 2;
      const most = box.width - this.element.offsetWidth - 8;
      this.element.style.left = `${Math.max(8, Math.min(left, most))}px`;
      this.element.style.top = `${at.top - box.top - this.element.offsetHeight - 6}px`;
    };
    const show = () => {
      this.replace = place;
      this.element.replaceChildren(...content());
      this.element.hidden = false;
      place();
    };
    const hide = () => {
      this.element.hidden = true;
    };
    mark.addEventListener("pointerenter", show);
    mark.addEventListener("pointerleave", hide);
    mark.addEventListener("focus", show);
    mark.addEventListener("blur", hide);
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
