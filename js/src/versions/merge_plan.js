// A merge on its way: conflicts in the order they were first seen, and what was chosen for each.

const idOf = (key, path) => JSON.stringify([key, path]);

export class MergePlan {
  constructor(source) {
    this.source = source;
    this.preview = null;
    this.cards = new Map(); // id of a conflict -> {id, conflict, choice, open, error}
  }

  /** Take up what the kernel worked out from the choices so far. */
  update(preview) {
    this.preview = preview;
    const resolved = new Set(preview.resolved.map(([key, path]) => idOf(key, path)));
    const open = new Map(preview.conflicts.map((found) => [idOf(found.key, found.path), found]));
    for (const [id, card] of this.cards) {
      card.error = null;
      card.open = open.has(id);
      if (!card.open && !resolved.has(id)) this.cards.delete(id); // another choice made it vanish
    }
    for (const [id, conflict] of open) {
      const known = this.cards.get(id);
      if (known) known.conflict = conflict;
      else this.cards.set(id, { id, conflict, choice: null, open: true, error: null });
    }
  }

  /** Note an error; returns whether it belongs to one of the conflicts. */
  fail(error) {
    const card = [...this.cards.values()].find(({ conflict }) => conflict.where === error.field);
    if (card) Object.assign(card, { open: true, error: error.reason });
    return Boolean(card);
  }

  /** Choose a side, or {take: "value", kind, text}, or null for nothing yet. */
  choose(id, choice) {
    this.cards.get(id).choice = typeof choice === "string" ? { take: choice } : choice;
  }

  /** Take one side in all conflicts that are left. */
  chooseAll(side) {
    for (const card of this.cards.values()) if (card.open) card.choice = { take: side };
  }

  get left() {
    return [...this.cards.values()].filter((card) => card.open).length;
  }

  get ready() {
    return Boolean(this.preview) && !this.preview.done && this.left === 0;
  }

  /** What is asked of the kernel. */
  get request() {
    const chosen = [...this.cards.values()].filter((card) => card.choice);
    const resolutions = chosen.map(({ conflict: { key, path }, choice }) => ({
      key, path, ...choice,
    }));
    return { source: this.source, resolutions };
  }
}
