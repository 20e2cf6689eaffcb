// Rows of the table: the same nodes as in the graph, filtered as there and sorted.

import { GHOST } from "../model/graph.js";

export const COLUMNS = [
  { name: "label", title: "Name", text: true },
  { name: "kind", title: "Type", text: true },
  { name: "degree", title: "Relations", text: false },
];
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** @param look Says what is filtered away: hidden types, what was not found, what is out of focus. */
export function tableRows(graph, look, { by, down }) {
  const rows = [];
  const { ids, flags, degree } = graph.nodes;
  graph.forNodes((slot) => {
    const [id, kind] = [ids[slot], graph.kindAt(slot)];
    if ((flags[slot] & GHOST) || !look.isListed(id, kind)) return;
    rows.push({ id, label: graph.labelAt(slot), kind, degree: degree[slot] });
  });
  const turn = down ? -1 : 1;
  const compare = COLUMNS.find(({ name }) => name === by).text
    ? (a, b) => collator.compare(a[by], b[by])
    : (a, b) => a[by] - b[by];
  return rows.sort((a, b) => turn * compare(a, b) || (a.id < b.id ? -1 : 1));
}

/** Which rows are to be there for a scroll position: from, and up to, with some to spare. */
export function windowOf(count, top, height, rowHeight, spare = 8) {
  const from = Math.max(0, Math.floor(top / rowHeight) - spare);
  return [from, Math.min(count, Math.ceil((top + height) / rowHeight) + spare)];
}
