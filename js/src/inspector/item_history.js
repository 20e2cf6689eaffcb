// How a property came to be what it is: each change with its version, moment, person and reason.

import { ago, counted, fullTime, h } from "../common/dom.js";

/** @param seek Shows the graph right after an event. */
export function historyList({ entries, total }, seek) {
  const rows = entries.map((entry) => {
    const { seq, time, where, who, reason } = entry;
    const go = { type: "button", title: `${fullTime(time)}: show the graph then`, onclick: () => seek(seq) };
    const by = [ago(time), who, reason].filter(Boolean).join(" · ");
    return h("li", {}, h("button.nerv-link-button", go, h("strong", {}, where)),
      h("span.nerv-hint", {}, ` ${by}`), ...lines(entry));
  });
  if (total > entries.length) {
    rows.push(h("li.nerv-hint", {}, `and ${counted(total - entries.length, "earlier change")}`));
  }
  return h("ol.nerv-history", {}, ...rows);
}

function lines({ fields, kind }) {
  if (!fields.length) return [h("div", {}, kind)];
  return fields.map(({ old, new: now, kind: what }) =>
    h("div", {}, what === "added" ? null : h("del", {}, old), " ",
      what === "removed" ? h("em.nerv-hint", {}, "removed") : h("ins", {}, now)),
  );
}
