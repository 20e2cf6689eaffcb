// Merging: what it would do, each conflict to be decided, and only then the version.

import { changeList, countChips } from "../common/change_list.js";
import { openDialog } from "../common/dialog.js";
import { counted, h } from "../common/dom.js";
import { LiteralField } from "../common/literals.js";
import { MergePlan } from "./merge_plan.js";
import { Working } from "../common/working.js";

const TYPING_MS = 250;
const SIDES = { ours: "Ours", theirs: "Theirs", base: "Before" };
const WHY = {
  value: "changed on both sides",
  deleted: "deleted on one side, changed on the other",
  dangling: "an end of it was deleted on the other side",
};
let groups = 0; // radios of two dialogs must not share a name

export class MergeDialog {
  /** @param on {merged(version)} */
  constructor(root, desk, source, branch, on) {
    Object.assign(this, { desk, on, plan: new MergePlan(source), asked: 0, shown: new Map() });
    const cancel = () => this.close();
    const title = `Merge ${source} into ${branch}`;
    this.dialog = openDialog(root, { title, className: ".nerv-merge", cancel });
    this.summary = h("div.nerv-merge-summary", { role: "status" }, "Working it out…");
    this.cards = h("div.nerv-conflicts");
    this.changes = h("details.nerv-merge-changes", { hidden: true });
    this.alert = h("div.nerv-field-error", { role: "alert" });
    this.working = new Working(null); // it is Cancel that stops it
    this.description = h("input.nerv-input", {
      type: "text", "aria-label": "Description of the merge", maxlength: "500", value: `merge ${source}`,
    });
    const stop = h("button.nerv-button", { type: "button", onclick: cancel }, "Cancel");
    this.go = h("button.nerv-button.nerv-primary", { type: "submit", disabled: true }, "Merge");
    const foot = h("div.nerv-row.nerv-merge-foot", {}, this.description, stop, this.go);
    const body = h("div.nerv-merge-body", {}, this.cards, this.changes);
    this.form = h("form.nerv-merge-form", {}, this.summary, body, h("div", {}, this.working.element, this.alert), foot);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#merge();
    });
    this.dialog.element.append(this.form);
    stop.focus({ preventScroll: true });
    this.ask();
  }

  close() {
    this.asked++; // what is still under way is of no interest, and stopped
    this.abort?.abort();
    clearTimeout(this.typing);
    this.dialog.close();
  }

  /** Send a command in place of the one under way, and show how far it is. */
  #send(name, request) {
    this.abort?.abort();
    this.abort = new AbortController();
    const follow = (command) => this.working.show(command);
    return this.desk.ask(name, request, { follow, signal: this.abort.signal });
  }

  /** Have it worked out with the choices made so far. */
  async ask() {
    const asked = ++this.asked;
    this.go.disabled = true;
    try {
      const preview = await this.#send("preview", this.plan.request);
      if (asked !== this.asked) return;
      this.plan.update(preview);
      this.alert.textContent = "";
    } catch (error) {
      if (asked !== this.asked) return;
      this.alert.textContent = this.plan.fail(error) ? "" : error.message;
    }
    this.#show();
  }

  async #merge() {
    if (!this.plan.ready) return;
    const { ours, theirs } = this.plan.preview;
    const description = this.description.value;
    const asked = ++this.asked;
    this.go.disabled = true;
    try {
      const request = { ...this.plan.request, ours: ours.id, theirs: theirs.id, description };
      const version = await this.#send("merge", request);
      if (asked === this.asked) this.close();
      this.on.merged(version);
    } catch (error) {
      if (asked !== this.asked) return;
      this.alert.textContent = error.message;
      this.go.disabled = !this.plan.ready;
    }
  }

  #show() {
    const { preview, left, cards } = this.plan;
    for (const [id, card] of this.shown) {
      if (!cards.has(id)) {
        card.element.remove();
        this.shown.delete(id);
      }
    }
    for (const card of cards.values()) this.#card(card);
    this.go.disabled = !this.plan.ready;
    if (!preview) {
      this.summary.textContent = "";
      return;
    }
    const state = preview.done
      ? `${preview.branch} has everything of ${preview.source} already.`
      : cards.size === 0
        ? "No conflicts."
        : left
          ? `${counted(left, "conflict")} of ${cards.size} to decide.`
          : "All conflicts are decided.";
    const all = left > 1 ? [h("span.nerv-tags", {}, ...["ours", "theirs"].map((side) => this.#takeAll(side)))] : [];
    const text = h("span", { class: left ? "nerv-dirty" : "nerv-clean" }, state);
    this.summary.replaceChildren(countChips(preview.counts), text, ...all);
    const { added, changed, removed } = preview.counts;
    const total = added + changed + removed;
    this.changes.hidden = !total;
    const named = h("summary", {}, `What it does to ${preview.branch} (${total})`);
    this.changes.replaceChildren(named, changeList(preview.changes, total));
  }

  #takeAll(side) {
    const take = () => {
      this.plan.chooseAll(side);
      for (const card of this.shown.values()) card.sync();
      this.ask();
    };
    const text = `All ${SIDES[side].toLowerCase()}`;
    return h("button.nerv-chip-button", { type: "button", onclick: take }, text);
  }

  #card(card) {
    let shown = this.shown.get(card.id);
    if (!shown) {
      shown = this.#newCard(card);
      this.shown.set(card.id, shown);
      this.cards.append(shown.element);
    }
    shown.element.classList.toggle("nerv-open", card.open);
    shown.error.textContent = card.error ?? "";
  }

  #newCard({ id, conflict }) {
    const name = `nerv-conflict-${++groups}`;
    const radios = Object.keys(SIDES).map((side) => this.#side(name, id, side, conflict.sides[side]));
    const error = h("div.nerv-field-error", { role: "alert" });
    const rows = radios.map(({ row }) => row);
    if (conflict.kind === "value") {
      const typed = this.#typed(name, id, conflict);
      radios.push(typed);
      rows.push(typed.row);
    }
    const legend = h("legend", {}, h("strong", {}, conflict.title),
      conflict.field ? h("code", {}, conflict.field) : null,
      h("span.nerv-hint", {}, WHY[conflict.kind]));
    const element = h("fieldset.nerv-conflict", {}, legend, ...rows, error);
    const sync = () => {
      const take = this.plan.cards.get(id)?.choice?.take;
      for (const radio of radios) radio.input.checked = radio.take === take;
    };
    return { element, error, sync };
  }

  #side(name, id, take, { text, absent }) {
    const input = h("input", { type: "radio", name, value: take });
    input.addEventListener("change", () => {
      this.plan.choose(id, take);
      this.ask();
    });
    const value = h(absent ? "em" : "span.nerv-side-value", {}, text);
    return { take, input, row: h("label.nerv-side", {}, input, h("span", {}, SIDES[take]), value) };
  }

  #typed(name, id, { field, sides }) {
    const input = h("input", { type: "radio", name, value: "value" });
    const start = sides.ours.absent ? (sides.theirs.absent ? sides.base : sides.theirs) : sides.ours;
    const literal = new LiteralField(start, `Another value of ${field}`, () => {
      input.checked = true;
      choose();
    });
    const choose = () => {
      this.plan.choose(id, { take: "value", ...literal.value });
      clearTimeout(this.typing);
      this.asked++;
      this.go.disabled = true;
      this.typing = setTimeout(() => this.ask(), TYPING_MS);
    };
    input.addEventListener("change", choose);
    const label = h("label.nerv-side", {}, input, h("span", {}, "Another"));
    return { take: "value", input, row: h("div.nerv-side.nerv-side-typed", {}, label, literal.element) };
  }
}
