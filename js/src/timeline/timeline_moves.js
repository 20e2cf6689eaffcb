// Moving over the timeline: wheel and pinch zoom, dragging moves, dragging with Shift selects.

import { focusedIn } from "../common/dom.js";

const KEYS = { "+": 1.5, "=": 1.5, "-": 1 / 1.5 };

/**
 * @param surface The element.
 * @param on {zoom(factor, x), pan(pixels), select(x1, x2, done), selecting() -> whether dragging
 *   selects without Shift, whole()}
 * @returns How to stop.
 */
export function watchMoves(surface, on) {
  const pointers = new Map();
  let start = null;
  const spot = ({ clientX }) => clientX - surface.getBoundingClientRect().left;
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return { wide: Math.max(Math.abs(a - b), 10), middle: (a + b) / 2 };
  };
  const listeners = {
    wheel(event) {
      // Scrolling past the timeline scrolls the notebook; it zooms once it was clicked.
      const meant = event.ctrlKey || event.deltaX || surface.contains(focusedIn(surface));
      if (!meant) return;
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 20 : 1;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        on.pan((event.deltaX || event.deltaY) * unit);
      } else on.zoom(2 ** (-event.deltaY * unit * 0.004), spot(event));
    },
    pointerdown(event) {
      if (event.button || event.target.closest("button, .nerv-scrubber")) return;
      pointers.set(event.pointerId, spot(event));
      surface.setPointerCapture(event.pointerId);
      if (!surface.contains(focusedIn(surface))) surface.focus({ preventScroll: true });
      start = event.shiftKey || on.selecting() ? spot(event) : null;
    },
    pointermove(event) {
      if (!pointers.has(event.pointerId)) return;
      const x = spot(event);
      if (pointers.size === 2) {
        const before = spread();
        pointers.set(event.pointerId, x);
        const after = spread();
        on.zoom(after.wide / before.wide, after.middle);
        on.pan(before.middle - after.middle);
        return;
      }
      const moved = pointers.get(event.pointerId) - x;
      pointers.set(event.pointerId, x);
      if (start === null) on.pan(moved);
      else on.select(start, x, false);
    },
    pointerup(event) {
      if (pointers.delete(event.pointerId) && start !== null) on.select(start, spot(event), true);
      start = null;
    },
    pointercancel(event) {
      pointers.delete(event.pointerId);
      start = null;
    },
    keydown(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "0") on.whole();
      else if (KEYS[event.key]) on.zoom(KEYS[event.key], surface.clientWidth / 2);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
  for (const [name, listener] of Object.entries(listeners)) {
    surface.addEventListener(name, listener, { passive: false });
  }
  return () => {
    for (const [name, listener] of Object.entries(listeners)) surface.removeEventListener(name, listener);
  };
}
