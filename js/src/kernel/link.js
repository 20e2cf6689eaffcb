// The link to the kernel: frames in order, what is missing asked for again, and signs of life.

import { PROTOCOL, Receiver, readFrame } from "./frames.js";

const ACK_MS = 80;
const RETRY_MS = 4000;
const BEAT_MS = 20_000;
const SILENT_MS = 10_000;
const MOST_DIFFERENCES = 3; // in a row; then people are told

export class Link {
  /**
   * @param on {payload({snapshot, payload}), check(payload) -> whether what is shown now is what
   *   the kernel shows, gap(), reply(message), ask(question), failure({text}), away(isAway),
   *   failed(error)}
   */
  constructor(model, id, on) {
    Object.assign(this, { model, on, receiver: new Receiver(id), isAway: false, differences: 0 });
    this.heard = (message, buffers) => this.hear(message, buffers);
    model.on("msg:custom", this.heard);
    this.forget = this.#onReturn();
  }

  /** Begin: everything is sent from now on. */
  start() {
    this.say("ready");
    this.#insist(RETRY_MS);
    this.beating = setInterval(() => this.#beat(), BEAT_MS);
  }

  /** Number of the last payload that was applied. */
  get seq() {
    return this.receiver.seq;
  }

  destroy() {
    this.say("bye");
    clearTimeout(this.acking);
    clearTimeout(this.insisting);
    clearTimeout(this.silent);
    clearInterval(this.beating);
    this.forget();
    this.model.off("msg:custom", this.heard);
  }

  /** Say a word about this view: how far it is, and whether it is there. */
  say(type) {
    this.send({ type, view: this.receiver.stream, seq: this.receiver.seq });
  }

  /** Send a message; where there is no comm any more, people are told instead. */
  send(message) {
    try {
      this.model.send(message);
    } catch {
      this.#setAway(true);
    }
  }

  /** Ask for everything anew. */
  again() {
    this.differences = 0;
    this.receiver.restart();
    this.say(this.receiver.seq ? "resync" : "ready");
    this.#expectWord();
  }

  /** Say again that we are here, until something comes; the first word may have been lost. */
  #insist(delay) {
    this.insisting = setTimeout(() => {
      if (this.receiver.seq) return;
      this.say("hello");
      this.#setAway(true);
      this.#insist(delay * 2);
    }, delay);
  }

  #beat() {
    if (document.visibilityState !== "visible" || !this.receiver.seq) return;
    this.say("hello");
    this.#expectWord();
  }

  #expectWord() {
    this.silent ??= setTimeout(() => this.#setAway(true), SILENT_MS);
  }

  #setAway(isAway) {
    clearTimeout(this.silent);
    this.silent = null;
    if (this.isAway === isAway) return;
    this.isAway = isAway;
    this.on.away(isAway);
  }

  /** After sleep or a lost connection, find out what was missed. */
  #onReturn() {
    const hello = () => document.visibilityState === "visible" && this.say("hello");
    document.addEventListener("visibilitychange", hello);
    window.addEventListener("online", hello);
    return () => {
      document.removeEventListener("visibilitychange", hello);
      window.removeEventListener("online", hello);
    };
  }

  hear(message, buffers) {
    const own = message.stream === this.receiver.stream;
    if (own || message.type === "reply") this.#setAway(false);
    if (message.type === "reply" || message.type === "progress") this.on.reply(message);
    else if (message.type === "failure") this.on.failure(message);
    else if (!own) return;
    else if (message.type === "ask") this.on.ask(message);
    else if (message.type === "ping") this.#answer(message.seq);
    else if (message.type === "frame") this.#read(buffers[0]);
  }

  #answer(seq) {
    this.say(this.receiver.isBehind(seq) ? "resync" : "ack");
  }

  #read(buffer) {
    let taken;
    try {
      const frame = readFrame(buffer);
      if (frame.protocol !== PROTOCOL) return this.on.failed(new ProtocolError(frame.protocol));
      taken = this.receiver.take(frame);
    } catch {
      taken = this.receiver.lose(); // what cannot be read is as good as lost
    }
    if (taken === "gap") this.#miss();
    else if (taken) this.#take(taken);
    return undefined;
  }

  #take(taken) {
    try {
      this.on.payload(taken);
    } catch (error) {
      this.on.failed(error);
      return;
    }
    if (!this.on.check(taken.payload)) {
      this.differences += 1;
      if (this.differences < MOST_DIFFERENCES) this.#miss();
      else this.on.failed(new Error("what is shown here is not what the kernel shows"));
      return;
    }
    this.differences = 0;
    if (taken.payload.load) {
      this.say("ack"); // the kernel waits for it with the next part
      return;
    }
    this.acking ??= setTimeout(() => {
      this.acking = null;
      this.say("ack");
    }, ACK_MS);
  }

  #miss() {
    this.on.gap();
    this.say("resync");
  }
}

class ProtocolError extends Error {
  constructor(protocol) {
    super(
      `the kernel speaks protocol ${protocol ?? 1}, this page ${PROTOCOL}: nerv-lab was changed ` +
        "meanwhile. Restart the kernel, reload the page, and run the cell again",
    );
  }
}
