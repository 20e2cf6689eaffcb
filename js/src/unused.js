// Stands in for d3-transition, d3-color, d3-format and d3-time-format, which the parts of d3 we do
// use pull in: nothing here is animated by d3, no scale gives colours, and Intl writes the dates.

import { selection } from "d3-selection";

export function interrupt() {}

selection.prototype.interrupt = function () {
  return this;
};

const refuse = () => {
  throw new Error("this part of d3 is not in the bundle");
};

export const timeFormat = () => refuse;
export const utcFormat = timeFormat;
export const color = () => null;
export {
  refuse as format,
  refuse as formatPrefix,
  refuse as formatSpecifier,
  refuse as precisionFixed,
  refuse as precisionPrefix,
  refuse as precisionRound,
};
export { refuse as cubehelix, refuse as hcl, refuse as hsl, refuse as lab, refuse as rgb };
