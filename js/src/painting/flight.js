// The camera on its way from one place to another.

import { between } from "./camera.js";
import { NextFrame } from "../common/next_frame.js";

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Flight {
  /** @param on {at(): where the camera is, move(state), broken(error)} */
  constructor(on) {
    this.on = on;
    this.next = new NextFrame(() => this.#on(), (error) => on.broken(error));
  }

  get isOn() {
    return Boolean(this.next.asked);
  }

  /** Go there, in so many milliseconds; at once, where motion is not wanted. */
  to(state, time) {
    if (calm()) {
      this.stop();
      this.on.move(state);
      return;
    }
    this.course = { from: this.on.at(), to: state, start: performance.now(), time };
    this.next.now();
  }

  #on() {
    const { from, to, start, time } = this.course;
    const share = Math.min(1, (performance.now() - start) / time);
    this.on.move(between(from, to, share));
    if (share < 1) this.next.ask();
  }

  stop() {
    this.next.cancel();
  }

  end() {
    this.next.end();
  }
}
