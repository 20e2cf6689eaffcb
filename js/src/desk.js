// Commands to the kernel, each with its reply.

export class CommandError extends Error {
  /** @param error {kind, text}, and {field, reason} where a field was refused. */
  constructor({ kind, text, field, reason }) {
    super(text);
    Object.assign(this, { kind, field, reason });
  }
}

export class Desk {
  constructor(send, view) {
    this.send = send;
    this.view = view;
    this.count = 0;
    this.waiting = new Map();
  }

  /** Send a command; the promise fails with a CommandError the user can read. */
  ask(name, args = {}) {
    const id = `${this.view}:${++this.count}`;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send({ type: "command", id, name, args });
    });
  }

  /** Take a reply; others' replies pass by. */
  hear({ id, ok, result, error }) {
    const waiter = this.waiting.get(id);
    if (!waiter) return;
    this.waiting.delete(id);
    if (ok) waiter.resolve(result);
    else waiter.reject(new CommandError(error));
  }
}
