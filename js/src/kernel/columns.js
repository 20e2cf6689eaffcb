// Columns of nodes and edges, as nerv_lab/widgets/shown/columns.py packs them.

/** View a binary column as numbers; copied, since it may lie at any offset. */
export function numbers(bytes, Type) {
  return new Type(bytes.slice().buffer);
}

export function* readNodes(columns) {
  const type = numbers(columns.type, Uint32Array);
  const mark = numbers(columns.mark, Uint32Array);
  for (let i = 0; i < columns.ids.length; i++) {
    yield {
      id: columns.ids[i], name: columns.labels[i], type: columns.types[type[i]],
      mark: [mark[2 * i], mark[2 * i + 1]],
    };
  }
}

/** @param known What the numbers of ends stand for, where the columns do not say it themselves. */
export function* readEdges(columns, known = null) {
  const from = numbers(columns.from, Uint32Array);
  const to = numbers(columns.to, Uint32Array);
  const type = numbers(columns.type, Uint32Array);
  const ends = columns.ends ?? known;
  const mark = numbers(columns.mark, Uint32Array);
  const strength = numbers(columns.strength, Float32Array);
  for (let i = 0; i < columns.ids.length; i++) {
    yield {
      id: columns.ids[i],
      from: ends[from[i]],
      to: ends[to[i]],
      type: columns.types[type[i]],
      strength: strength[i],
      both: columns.both[i] === 1,
      mark: [mark[2 * i], mark[2 * i + 1]],
    };
  }
}
