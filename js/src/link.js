// The link to the kernel: frames in order, what is missing asked for again, and signs of life.

import { Receiver, readFrame } from "./frames.js";

const ACK_MS = 80;
const RETRY_MS = 4000;

export class Link {
  /** @param on {payload({snapshot, payload}), gap(), reply(message)} */
  constructor(model, id, on) {
    Object.assign(this, { model, on, receiver: new Receiver(id) });
    this.heard = (message, buffers) => this.hear(message, buffers);
    model.on("msg:custom", this.heard);
    this.forget = this.#onReturn();
  }

  /** Begin: everything is sent from now on. */
  start() {
    this.say("ready");
    this.#insist(RETRY_MS);
  }

  /** Number of the last payload that was applied. */
  get seq() {
    return this.receiver.seq;
  }

  destroy() {
    this.say("bye");
    clearTimeout(this.acking);
    clearTimeout(this.insisting);
    this.forget();
    this.model.off("msg:custom", this.heard);
  }

  /** Say a word about this view: how far it is, and whether it is there. */
  say(type) {
    this.model.send({ type, view: this.receiver.stream, seq: this.receiver.seq });
  }

  /** Say again that we are here, until something comes; the first word may have been lost. */
  #insist(delay) {
    this.insisting = setTimeout(() => {
      if (this.receiver.seq) return;
      this.say("hello");
      this.#insist(delay * 2);
    }, delay);
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
    if (message.type === "reply") this.on.reply(message);
    else if (message.stream !== this.receiver.stream) return;
    else if (message.type === "ping") this.#answer(message.seq);
    else if (message.type === "frame") this.#frame(readFrame(buffers[0]));
  }

  #answer(seq) {
    this.say(this.receiver.isBehind(seq) ? "resync" : "ack");
  }

  #frame(frame) {
    const taken = this.receiver.take(frame);
    if (taken === "gap") {
      this.on.gap();
      this.say("resync");
    } else if (taken) {
      this.on.payload(taken);
      this.acking ??= setTimeout(() => {
        this.acking = null;
        this.say("ack");
      }, ACK_MS);
    }
  }
}
