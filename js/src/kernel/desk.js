// Commands to the kernel, each with its reply.

const AGAIN_MS = 3000;
const LATE_MS = 500;

export class CommandError extends Error {
  /** @param error {kind, text}, and {field, reason} where a field was refused. */
  constructor({ kind, text, field, reason }) {
    super(text);
    Object.assign(this, { kind, field, reason });
  }
}

export class Desk {
  /** @param on {late(command or null)}: the oldest command that has no reply yet, {id, name, done,
   *   total, asked}, once it is late, and whenever that changes; but for those that are followed. */
  constructor(send, view, on = { late: () => {} }) {
    Object.assign(this, { send, view, on, count: 0, waiting: new Map() });
  }

  /** Whether a command has no reply yet. */
  get isBusy() {
    return this.waiting.size > 0;
  }

  /**
   * Send a command; the promise fails with a CommandError the user can read.
   * @param how {follow(command or null), signal}: who is told in place of `late`, and an
   *   AbortSignal that stops it.
   */
  ask(name, args = {}, { follow = null, signal = null } = {}) {
    const id = `${this.view}:${++this.count}`;
    return new Promise((resolve, reject) => {
      const command = { id, name, args, resolve, reject, follow, asked: 1, done: 0, total: 0, late: false };
      signal?.addEventListener("abort", () => this.stop(id), { once: true });
      this.waiting.set(id, command);
      this.#say(command);
      command.timer = setTimeout(() => this.#late(command), LATE_MS);
    });
  }

  #say({ id, name, args }) {
    this.send({ type: "command", id, name, args });
  }

  /** Ask again: the command, or its reply, may have been lost. The kernel does it once. */
  #late(command) {
    if (command.late) {
      command.asked += 1;
      this.#say(command);
    }
    command.late = true;
    command.timer = setTimeout(() => this.#late(command), AGAIN_MS * command.asked);
    this.#tell(command);
  }

  #tell(command) {
    if (command.follow) command.follow(this.waiting.has(command.id) ? command : null);
    else this.on.late([...this.waiting.values()].find(({ late, follow }) => late && !follow) ?? null);
  }

  /** Give up on a command, here and in the kernel; one that has its reply is past that. */
  stop(id) {
    if (!this.waiting.has(id)) return;
    this.send({ type: "stop", id });
    this.#settle(id).reject(new CommandError({ kind: "Stopped", text: "stopped" }));
  }

  /** Give up on all of them, without a word. */
  close() {
    for (const { timer } of this.waiting.values()) clearTimeout(timer);
    this.waiting.clear();
  }

  #settle(id) {
    const command = this.waiting.get(id);
    if (!command) return null;
    clearTimeout(command.timer);
    this.waiting.delete(id);
    if (command.late) this.#tell(command);
    return command;
  }

  /** Take a reply, or word of how far a command is; others' pass by. */
  hear({ type, id, ok, result, error, done, total }) {
    if (type === "progress") {
      const command = this.waiting.get(id);
      if (!command) return;
      Object.assign(command, { done, total, asked: 1 });
      if (command.late) this.#tell(command);
      return;
    }
    const command = this.#settle(id);
    if (ok) command?.resolve(result);
    else command?.reject(new CommandError(error));
  }
}
