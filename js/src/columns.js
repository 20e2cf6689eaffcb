// Columns of nodes and edges, as nerv_lab/widgets/columns.py packs them.

/** View a binary column as numbers; copied, since it may lie at any offset. */
export function numbers(bytes, Type) {
  return new Type(bytes.slice().buffer);
}

export function* readNodes(columns) {
  const type = numbers(columns.type, Uint32Array);
  for (let i = 0; i < columns.ids.length; i++) {
    yield { id: columns.ids[i], name: columns.labels[i], type: columns.types[type[i]] };
  }
}

export function* readEdges(columns) {
  const from = numbers(columns.from, Uint32Array);
  const to = numbers(columns.to, Uint32Array);
  const type = numbers(columns.type, Uint32Array);
  const strength = numbers(columns.strength, Float32Array);
  for (let i = 0; i < columns.ids.length; i++) {
    yield {
      id: columns.ids[i],
      from: columns.ends[from[i]],
      to: columns.ends[to[i]],
      type: columns.types[type[i]],
      strength: strength[i],
      both: columns.both[i] === 1,
    };
  }
}
