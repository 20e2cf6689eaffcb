// A comparison of what is shown with an older version: kept up while what is shown changes.

export class Compare {
  /** @param on {changed()} */
  constructor(desk, on) {
    Object.assign(this, { desk, on, base: null, result: null, stale: false, working: null });
  }

  get active() {
    return this.base !== null;
  }

  /** Begin with a version {id, label} or an event {seq, label}, or end with null; resolves once it
   * is shown. */
  async start(base) {
    this.base = base;
    if (base) await this.refresh();
    else this.#take(null);
  }

  /** Work it out anew, since what is shown has changed; one question is under way at a time. */
  refresh() {
    this.stale = true;
    this.working ??= this.#work().finally(() => {
      this.working = null;
    });
    return this.working;
  }

  async #work() {
    while (this.stale && this.base) {
      this.stale = false;
      const { base } = this;
      try {
        const result = await this.desk.ask("compare", base.id ? { base: base.id } : { seq: base.seq });
        if (this.base === base) this.#take(result);
      } catch (error) {
        if (this.base !== base) continue; // of a comparison that was left meanwhile
        this.base = null;
        this.#take(null);
        throw error;
      }
    }
  }

  /** "added", "changed", "removed" or null. */
  kind(id) {
    const kinds = this.result?.kinds ?? {};
    return Object.hasOwn(kinds, id) ? kinds[id] : null; // an id may be "constructor"
  }

  #take(result) {
    this.result = result;
    this.on.changed();
  }
}
