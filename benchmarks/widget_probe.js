// Runs in every frame of a page, before anything else, and sees what is painted there: each
// animation frame it reads all large canvases and notes when what they show changes.
(() => {
  // A WebGL canvas can be read after its frame only when it keeps its buffer; the same for all.
  const getContext = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    const keeps = /webgl/.test(kind) ? { ...options, preserveDrawingBuffer: true } : options;
    return getContext.call(this, kind, keeps);
  };
  const probe = { reading: true, frames: 0, seen: [] };
  window.nervProbe = probe;
  const paper = document.createElement("canvas");
  const pen = getContext.call(paper, "2d", { willReadFrequently: true });

  // A number for what the canvases show, and how many pixels are not empty.
  function look() {
    let print = 0;
    let ink = 0;
    for (const canvas of document.querySelectorAll("canvas")) {
      if (canvas.width < 300 || canvas.height < 150 || !canvas.isConnected) continue;
      paper.width = canvas.width;
      paper.height = canvas.height;
      pen.drawImage(canvas, 0, 0);
      const pixels = new Uint32Array(pen.getImageData(0, 0, paper.width, paper.height).data.buffer);
      const paper0 = pixels[0];
      for (let i = 0; i < pixels.length; i += 1) {
        if (pixels[i] === paper0) continue;
        ink += 1;
        print = (Math.imul(print ^ pixels[i], 0x01000193) + i) | 0;
      }
    }
    return { print, ink };
  }

  let last = 0;
  function frame() {
    probe.frames += 1;
    if (probe.reading) {
      const { print, ink } = look();
      if (print !== last) {
        last = print;
        probe.seen.push({ at: performance.timeOrigin + performance.now(), ink });
      }
    }
    requestAnimationFrame(frame);
  }
  requestAnimationFrame(frame);
})();
