// Something to do in the next frame of the screen, once however often it is asked for, such as a
// picture or a step of a movement. What goes wrong in it is told, not thrown at nobody.

export class NextFrame {
  /** @param paint(time) and failed(error), which is told what went wrong in it */
  constructor(paint, failed) {
    Object.assign(this, { paint, failed, asked: null, ended: false });
  }

  ask() {
    if (this.ended) return;
    this.asked ??= requestAnimationFrame((time) => this.now(time));
  }

  /** Paint at once, which is as good as what was asked for. */
  now(time = performance.now()) {
    this.cancel();
    try {
      this.paint(time);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Take back what was asked for. */
  cancel() {
    cancelAnimationFrame(this.asked);
    this.asked = null;
  }

  end() {
    this.ended = true;
    this.cancel();
  }
}
