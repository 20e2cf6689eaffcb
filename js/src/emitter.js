// Node's "events", as far as sigma and graphology use it.

export class EventEmitter {
  #handlers = new Map();

  on(type, handler) {
    const known = this.#handlers.get(type) ?? [];
    this.#handlers.set(type, [...known, handler]);
    return this;
  }

  removeListener(type, handler) {
    const kept = (this.#handlers.get(type) ?? []).filter((known) => known !== handler);
    this.#handlers.set(type, kept);
    return this;
  }

  removeAllListeners() {
    this.#handlers.clear();
    return this;
  }

  /** Call the handlers there are now; one that leaves meanwhile is still called. */
  emit(type, ...args) {
    const handlers = this.#handlers.get(type) ?? [];
    for (const handler of handlers) handler.apply(this, args);
    return handlers.length > 0;
  }
}
