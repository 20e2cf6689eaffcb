// A comparison of what is shown with an older version: kept up while what is shown changes.

export class Compare {
  /** @param on {changed()} */
  constructor(desk, on) {
    Object.assign(this, { desk, on, base: null, result: null, asked: 0 });
  }

  get active() {
    return this.base !== null;
  }

  /** Begin with a version {id, label}, or end with null; resolves once it is shown. */
  async start(base) {
    this.base = base;
    if (base) await this.refresh();
    else this.#take(null);
  }

  /** Work it out anew, since what is shown has changed; of several calls the last one counts. */
  async refresh() {
    if (!this.base) return;
    const asked = ++this.asked;
    try {
      const result = await this.desk.ask("compare", { base: this.base.id });
      if (asked === this.asked && this.base) this.#take(result);
    } catch (error) {
      if (asked === this.asked) {
        this.base = null;
        this.#take(null);
      }
      throw error;
    }
  }

  /** "added", "changed", "removed" or null. */
  kind(id) {
    return this.result?.kinds[id] ?? null;
  }

  #take(result) {
    this.asked++;
    this.result = result;
    this.on.changed();
  }
}
