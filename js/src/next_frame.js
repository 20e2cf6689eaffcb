// One picture in the next frame of the screen, however often it is asked for.

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
    cancelAnimationFrame(this.asked);
    this.asked = null;
    try {
      this.paint(time);
    } catch (error) {
      this.failed(error);
    }
  }

  end() {
    this.ended = true;
    cancelAnimationFrame(this.asked);
  }
}
