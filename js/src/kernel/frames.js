// Frames from the kernel: read, put together, and checked for gaps. See nerv_lab/widgets/sending/frames.py.

import { decode } from "@msgpack/msgpack";

export const PROTOCOL = 2;

/** Return the bytes of a buffer as it comes from a comm: a DataView, possibly unaligned. */
export function bytesOf(buffer) {
  if (buffer instanceof Uint8Array) return buffer;
  if (ArrayBuffer.isView(buffer)) {
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }
  return new Uint8Array(buffer);
}

export function readFrame(buffer) {
  return decode(bytesOf(buffer));
}

function join(pieces) {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The receiving end of one stream: hands out payloads in order, and notices what is missing. */
export class Receiver {
  constructor(stream) {
    this.stream = stream;
    this.seq = 0;
    this.partial = null;
    this.lost = false;
  }

  /**
   * Take a frame.
   * @returns {{snapshot: boolean, payload: object} | "gap" | null} A payload to apply; "gap" when
   *   a snapshot has to be asked for; null when there is nothing to do (yet).
   */
  take(frame) {
    if (frame.stream !== this.stream) return null;
    if (frame.chunk === 0) {
      if (frame.kind === "delta") {
        if (frame.seq <= this.seq) return null;
        if (frame.base !== this.seq) return this.#gap();
      }
      this.partial = { kind: frame.kind, seq: frame.seq, of: frame.of, pieces: [] };
    }
    const partial = this.partial;
    if (!partial || frame.seq !== partial.seq || frame.chunk !== partial.pieces.length) {
      return this.#gap();
    }
    partial.pieces.push(frame.body);
    if (partial.pieces.length < partial.of) return null;
    this.partial = null;
    this.lost = false;
    this.seq = partial.seq;
    return { snapshot: partial.kind === "snapshot", payload: decode(join(partial.pieces)) };
  }

  /** Whether the kernel, which has sent everything up to `seq`, is ahead of us. */
  isBehind(seq) {
    return seq > this.seq;
  }

  /** Forget what was missed before: everything is asked for anew. */
  restart() {
    this.partial = null;
    this.lost = false;
  }

  /** Something did not arrive. */
  lose() {
    return this.#gap();
  }

  #gap() {
    this.partial = null;
    if (this.lost) return null;
    this.lost = true;
    return "gap";
  }
}
