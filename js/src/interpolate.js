// The part of d3-interpolate that scales of numbers and zooming need; the rest is about colours.

export {
  interpolateNumber as interpolate,
  interpolateNumber,
  interpolateRound,
  interpolateZoom,
  piecewise,
} from "../node_modules/d3-interpolate/dist/d3-interpolate.mjs";
