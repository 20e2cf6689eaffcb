// The buttons on the timeline: one for each version there is room for, and one for now.

import { ago, counted, focusedIn, fullTime, h } from "../common/dom.js";

const GAP = 26; // pixels between two buttons
const PAGE = 10;

const LETTER = 7; // pixels of a label, about

/** What is taken along a band of the timeline, pixel by pixel. */
class Band {
  constructor(width) {
    this.taken = new Uint8Array(width + 400);
  }

  isFree(from, to) {
    for (let x = Math.max(from + 200, 0); x < to + 200; x++) if (this.taken[x]) return false;
    return true;
  }

  take(from, to) {
    this.taken.fill(1, Math.max(from + 200, 0), Math.max(to + 200, 0));
  }
}

/**
 * Choose versions that stand far enough apart: those that must be there, those with a name, then
 * the newest first. Of the chosen, those are written on for which there is room.
 * @returns {Map} Whether each is written on, by the number of its version, in order.
 */
export function chosen(wanted, axis, window, rows) {
  const { history } = axis;
  const bands = new Map();
  const found = new Map();
  const take = (i, must) => {
    const x = Math.round(window.x(axis.at(i)));
    if (x < -12 || x > window.width + 12) return;
    const row = Math.floor(rows.y(history.branches[i]) / 24);
    if (!bands.has(row)) bands.set(row, { buttons: new Band(window.width), labels: new Band(window.width) });
    const { buttons, labels } = bands.get(row);
    if (!must && buttons.taken[x + 200]) return;
    buttons.take(x - GAP + 1, x + GAP);
    const text = history.tags.get(i)?.join(", ") ?? history.labels[i];
    const half = Math.min(text.length * LETTER + 10, 122) / 2;
    const free = labels.isFree(Math.round(x - half), Math.round(x + half));
    if (free) labels.take(Math.round(x - half), Math.round(x + half));
    found.set(i, free);
  };
  const [first, end] = axis.between(window.place(-12), window.place(window.width + 12));
  const inView = (i) => i >= first && i < end;
  for (const i of wanted) if (inView(i)) take(i, true);
  for (const i of history.tags.keys()) if (inView(i)) take(i, false);
  for (let i = end - 1; i >= first; i--) take(i, false);
  return new Map([...found].sort(([a], [b]) => a - b));
}

export class Marks {
  /**
   * @param on {choose(version or null), compare(version), reveal(place)}: `compare` may be null;
   *   `reveal` brings a place into view and paints.
   */
  constructor(history, card, on) {
    Object.assign(this, { history, card, on, cursor: null });
    this.element = h("div.nerv-marks", { role: "group", "aria-label": "Versions" });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("focusin", ({ target }) => {
      this.cursor = this.history.byId.get(target.dataset.version) ?? null;
    });
    this.now = this.#nowMark();
  }

  render({ axis, window, rows, meta }) {
    this.axis = axis;
    this.meta = meta;
    const { byId } = this.history;
    const focused = focusedIn(this.element);
    const must = [this.cursor, byId.get(meta.shown?.id), byId.get(meta.head)];
    const found = chosen(must.filter((i) => i !== null && i !== undefined), axis, window, rows);
    const kept = new Map([...this.element.children].map((mark) => [mark.dataset.version, mark]));
    const wanted = [...found].map(([i, written]) => {
      const mark = kept.get(this.history.ids[i]) ?? this.#mark(this.history.at(i));
      mark.style.transform = `translate(${window.x(axis.at(i))}px, ${rows.y(this.history.branches[i])}px)`;
      const current = meta.shown?.id === this.history.ids[i];
      mark.classList.toggle("nerv-mark-shown", current);
      mark.classList.toggle("nerv-mark-small", !written);
      mark.classList.toggle("nerv-mark-head", meta.head === this.history.ids[i]);
      mark.setAttribute("aria-pressed", String(current));
      this.#nameTags(mark, this.history.tags.get(i) ?? []);
      return mark;
    });
    const head = this.history.version(meta.head);
    const end = window.x(axis.last);
    this.now.hidden = end > window.width + 12;
    this.now.style.transform = `translate(${end}px, ${rows.y(head?.branch)}px)`;
    this.now.classList.toggle("nerv-mark-shown", !meta.shown);
    this.now.classList.toggle("nerv-mark-dirty", meta.uncommitted > 0);
    this.now.setAttribute("aria-pressed", String(!meta.shown));
    this.#replace([...wanted, this.now], focused);
  }

  /** Change no more than needed, so that the focus stays where it is. */
  #replace(wanted, focused) {
    const keep = new Set(wanted);
    for (const mark of [...this.element.children]) if (!keep.has(mark)) mark.remove();
    wanted.forEach((mark, i) => {
      if (this.element.children[i] !== mark) {
        this.element.insertBefore(mark, this.element.children[i] ?? null);
      }
    });
    const seen = wanted.filter((mark) => !mark.hidden);
    const entry = seen.find((mark) => mark === focused)
      ?? seen.find((mark) => mark.classList.contains("nerv-mark-shown")) ?? seen.at(-1);
    for (const mark of wanted) mark.tabIndex = mark === entry ? 0 : -1;
  }

  #mark(version) {
    const mark = h("button.nerv-mark", { type: "button" }, h("span.nerv-dot"), h("span.nerv-mark-label"));
    mark.dataset.version = version.id;
    mark.dataset.label = version.label;
    mark.addEventListener("click", (event) =>
      event.shiftKey && this.on.compare ? this.on.compare(version) : this.on.choose(version),
    );
    const by = version.author ? `, by ${version.author}` : "";
    this.card.tell(mark, () => [
      h("strong", {}, `${version.label}  ${version.description}`),
      h("span", {}, `${ago(version.time)}${by}${version.branch ? ` · ${version.branch}` : ""}`),
      ...(mark.dataset.tags ? [h("span.nerv-card-tags", {}, `⚑ ${mark.dataset.tags}`)] : []),
      this.card.summary(version),
      this.on.compare ? h("span.nerv-hint", {}, "Shift+click or C compares it with what is shown") : "",
    ]);
    mark.told = `${version.label}: ${version.description || "no description"}`;
    mark.when = `${fullTime(version.time)}${by}`;
    return mark;
  }

  #nameTags(mark, tags) {
    const names = tags.join(", ");
    if (mark.dataset.tags === names) return;
    mark.dataset.tags = names;
    mark.classList.toggle("nerv-mark-tagged", Boolean(names));
    mark.setAttribute("aria-label", `${mark.told}${names ? `, tagged ${names}` : ""}, ${mark.when}`);
    mark.querySelector(".nerv-mark-label").textContent = names || mark.dataset.label;
  }

  #nowMark() {
    const mark = h(
      "button.nerv-mark.nerv-mark-now",
      { type: "button", "aria-label": "Now: the live graph" },
      h("span.nerv-dot"),
      h("span.nerv-mark-label", {}, "now"),
    );
    mark.dataset.version = "now";
    mark.addEventListener("click", () => this.on.choose(null));
    this.card.tell(mark, () => [
      h("strong", {}, "The live graph"),
      h("span", {}, `${counted(this.meta.uncommitted ?? 0, "uncommitted change")}`),
    ]);
    return mark;
  }

  /** From version to version, whether or not there is a button for it yet. */
  #key(event) {
    const { length } = this.history;
    const focused = focusedIn(this.element);
    const at = this.history.byId.get(focused?.dataset.version) ?? length;
    if (event.key.toLowerCase() === "c" && this.on.compare && at < length) {
      event.stopPropagation();
      this.on.compare(this.history.at(at));
      return;
    }
    const to = {
      ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - PAGE, PageDown: at + PAGE,
      Home: 0, End: length,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.focus(Math.max(0, Math.min(to, length)));
  }

  focus(i) {
    const { length } = this.history;
    this.cursor = i < length ? i : null;
    this.on.reveal(i < length ? this.axis.at(i) : this.axis.last);
    const id = i < length ? this.history.ids[i] : "now";
    const mark = [...this.element.children].find((child) => child.dataset.version === id);
    mark?.focus({ preventScroll: true });
  }
}
