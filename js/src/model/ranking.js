// In which order what was found is listed: by how well its name fits, then by its relations.

const NOT_WORDS = /^-|[:<>=]/; // conditions, which say nothing of names

/** 0 for a name that is what was typed, 1 where it begins so, 2 where a word of it does, and so on. */
function fit(name, typed) {
  if (name === typed) return 0;
  const at = name.indexOf(typed);
  if (at < 0) return 4;
  if (at === 0) return 1;
  return /[\p{L}\p{N}]/u.test(name[at - 1]) ? 3 : 2;
}

/** Ids of nodes that are there, those first that were most likely meant. */
export function ranked(graph, ids, text) {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word && !NOT_WORDS.test(word));
  const typed = words.join(" ").replaceAll('"', "");
  const rows = [];
  for (const id of ids) {
    const slot = graph.nodes.at(id);
    if (slot < 0) continue;
    const rank = typed ? fit(graph.labelAt(slot).toLowerCase(), typed) : 0;
    rows.push({ id, rank, degree: graph.nodes.degree[slot] });
  }
  rows.sort((a, b) => a.rank - b.rank || b.degree - a.degree || (a.id < b.id ? -1 : 1));
  return rows.map(({ id }) => id);
}
