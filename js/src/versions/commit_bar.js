// Where the graph stands, and the way to commit it; or, in the past, the way back.

import { ago, counted, focusedIn, h, icon } from "../common/dom.js";
import { queueTexts, storeText } from "./store_texts.js";

function backend(status) {
  if (!status) return [];
  const kind = status.state === "connected" ? "span.nerv-backend" : "span.nerv-backend.nerv-dirty";
  const title = status.identity ? `identity ${status.identity}` : "where the graph is kept";
  const chips = [h(kind, { title, "data-state": status.state }, storeText(status))];
  const { waiting, toDecide } = queueTexts(status);
  if (waiting) chips.push(h("span.nerv-queued", { title: "Kept on this machine, and sent when the server is back" }, waiting));
  if (toDecide) chips.push(h("span.nerv-queued.nerv-dirty", { title: "lab.outbox shows what does not fit, or was refused" }, toDecide));
  return chips;
}

export class CommitBar {
  /** @param on {commit(description), restore(shown), live(), compare(version)}; @param branches A BranchMenu. */
  constructor(on, branches) {
    Object.assign(this, { on, branches });
    this.where = h("div.nerv-where");
    this.input = h("input.nerv-input", {
      type: "text",
      placeholder: "What changed?",
      "aria-label": "Description of the commit",
      maxlength: "500",
    });
    this.input.addEventListener("keydown", (event) => event.stopPropagation());
    this.button = h("button.nerv-button.nerv-primary", { type: "submit" }, "Commit");
    this.form = h("form.nerv-row.nerv-commit", {}, this.input, this.button);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.on.commit(this.input.value);
    });
    this.element = h("div.nerv-commit-bar", {}, branches.element, this.where, this.form);
    this.banner = h("div.nerv-banner", { role: "status", hidden: true });
  }

  update(meta, head) {
    const past = Boolean(meta.shown);
    this.form.hidden = past || meta.closed;
    this.branches.update(meta);
    const chips = backend(meta.status);
    if (head) chips.push(h("span.nerv-version", { title: head.description }, head.label));
    chips.push(this.#changes(meta, head));
    if (meta.closed) chips.push(h("span.nerv-dirty", {}, meta.closed === true ? "the lab is closed" : meta.closed));
    this.where.replaceChildren(...chips);
    this.banner.hidden = !past;
    if (past) this.#past(meta);
  }

  #changes({ uncommitted, shown }, head) {
    if (!uncommitted) return h("span.nerv-clean", {}, head ? "all committed" : "nothing committed yet");
    const [count, ...change] = counted(uncommitted, "change").split(" ");
    const text = [`${count} `, h("span.nerv-wordy", {}, "uncommitted "), change.join(" ")];
    if (!head || shown) return h("span.nerv-dirty", {}, ...text);
    const attributes = { type: "button", title: `Not committed yet; show what changed since ${head.label}` };
    const button = h("button.nerv-dirty.nerv-plain-button", attributes, ...text);
    button.addEventListener("click", () => this.on.compare(head));
    return button;
  }

  busy(isBusy) {
    this.button.disabled = isBusy;
  }

  #past({ shown, closed }) {
    const place = shown.id ?? shown.label;
    if (this.banner.dataset.place === place && this.banner.childElementCount) return;
    const focused = this.banner.contains(focusedIn(this.banner));
    this.banner.dataset.place = place;
    const back = h("button.nerv-button.nerv-back", { type: "button" }, icon("back"), "Back to now");
    back.addEventListener("click", () => this.on.live());
    const restore = h("button.nerv-button.nerv-restore", { type: "button" }, "Restore…");
    restore.addEventListener("click", () => this.on.restore(shown));
    const compare = h("button.nerv-button", { type: "button" }, "Compare with now");
    compare.addEventListener("click", () => this.on.compare(shown, true));
    this.banner.replaceChildren(
      h("span.nerv-banner-text", {},
        h("strong", {}, `You are looking at ${shown.label}`),
        h("span", {}, `${shown.description} · ${shown.time ? `${ago(shown.time)} · ` : ""}read-only`)),
      h("div.nerv-row", {}, ...(shown.id ? [compare] : []), ...(closed ? [] : [restore]), back),
    );
    if (focused) back.focus({ preventScroll: true });
  }
}
