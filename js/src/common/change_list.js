// What changed, as a list of texts: each row with a sign, since colour alone tells some nothing.

import { counted, h } from "./dom.js";

export const SIGNS = { added: "+", changed: "~", removed: "−" };
const ORDER = ["added", "changed", "removed"];

/** The class of a sign with a number: of nothing there is less to be seen. */
export const signOf = (kind, count) => `nerv-sign.nerv-${kind}${count ? "" : ".nerv-none"}`;

/** "+2 ~1 −0", each with its colour and its name. */
export function countChips(counts) {
  const chips = ORDER.map((kind) =>
    h(`span.${signOf(kind, counts[kind])}`, { title: kind }, `${SIGNS[kind]}${counts[kind].toLocaleString("en")} ${kind}`),
  );
  return h("span.nerv-counts-of-changes", {}, ...chips);
}

/** @param rows As nerv_lab/widgets/shown/changes.py makes them. */
export function changeList(rows, total, choose = null) {
  const items = rows.map((row) => h("li", {}, sign(row), titleOf(row, choose), fieldsOf(row)));
  if (total > rows.length) {
    items.push(h("li.nerv-hint", {}, `and ${counted(total - rows.length, "more change")}`));
  }
  return h("ul.nerv-changes", {}, ...items);
}

const sign = ({ kind }) =>
  h(`span.nerv-sign.nerv-${kind}`, { title: kind, "aria-label": kind }, SIGNS[kind]);

function titleOf(row, choose) {
  if (!choose) return h("span", {}, row.title);
  const go = { type: "button", onclick: () => choose(row) };
  return h("button.nerv-link-button", go, row.title);
}

function fieldsOf({ fields }) {
  if (!fields.length) return null;
  const lines = fields.map(({ name, old, new: now }) =>
    h("div", {}, h("span.nerv-hint", {}, `${name} `), h("del", {}, old), " ", h("ins", {}, now)),
  );
  return h("div.nerv-change-fields", {}, ...lines);
}
