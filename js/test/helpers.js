import { encode } from "@msgpack/msgpack";

const table = () => {
  const index = new Map();
  const number = (value) => {
    if (!index.has(value)) index.set(value, index.size);
    return index.get(value);
  };
  return { number, values: () => [...index.keys()] };
};

const u32 = (values) => new Uint8Array(new Uint32Array(values).buffer);

/** Columns as nerv_lab/widgets/shown/columns.py packs them. */
export function graphPart({ nodes = [], edges = [], goneNodes = [], goneEdges = [] }) {
  const [nodeTypes, edgeTypes, ends] = [table(), table(), table()];
  return {
    nodes: {
      ids: nodes.map((node) => node.id),
      labels: nodes.map((node) => node.name ?? ""),
      type: u32(nodes.map((node) => nodeTypes.number(node.type ?? "thing"))),
      types: nodeTypes.values(),
      mark: u32(nodes.flatMap((node) => node.mark ?? [0, 0])),
    },
    edges: {
      ids: edges.map((edge) => edge.id),
      from: u32(edges.map((edge) => ends.number(edge.from))),
      to: u32(edges.map((edge) => ends.number(edge.to))),
      type: u32(edges.map((edge) => edgeTypes.number(edge.type ?? "knows"))),
      types: edgeTypes.values(),
      strength: new Uint8Array(new Float32Array(edges.map(() => 1)).buffer),
      both: new Uint8Array(edges.length),
      ends: ends.values(),
      mark: u32(edges.flatMap((edge) => edge.mark ?? [0, 0])),
    },
    gone_nodes: goneNodes,
    gone_edges: goneEdges,
  };
}

export function ring(size, from = 0) {
  const nodes = Array.from({ length: size }, (_, i) => ({ id: `n${from + i}` }));
  const edges = nodes.map((node, i) => ({
    id: `r${from + i}`,
    from: node.id,
    to: nodes[(i + 1) % size].id,
  }));
  return { nodes, edges };
}

/** Frames of a payload, in chunks of `size` bytes, as decoded objects. */
export function frames(kind, base, seq, payload, size = 1 << 20) {
  const body = encode(payload);
  const of = Math.ceil(body.length / size);
  return Array.from({ length: of }, (_, chunk) => ({
    stream: "s", protocol: 2, kind, base, seq, chunk, of,
    body: body.slice(chunk * size, (chunk + 1) * size),
  }));
}

/** Rows of versions as nerv_lab/widgets/shown/history.py packs them, from a number on. */
export function versionColumns(rows, first = 0) {
  const number = new Map(rows.map((row, i) => [row.id, i]));
  const own = rows.slice(first);
  const bytes = (Type, values) => new Uint8Array(Type.from(values).buffer);
  const branches = [...new Set(own.map((row) => row.branch))];
  const authors = [...new Set(own.map((row) => row.author))];
  const parent = (at) => bytes(Int32Array, own.map((row) => number.get(row.parents[at]) ?? -1));
  return {
    first, ids: own.map((row) => row.id), labels: own.map((row) => row.label),
    descriptions: own.map((row) => row.description),
    seq: bytes(Float64Array, own.map((row) => row.seq)),
    time: bytes(Float64Array, own.map((row) => row.time)),
    first_parent: parent(0), second_parent: parent(1),
    branch: bytes(Uint32Array, own.map((row) => branches.indexOf(row.branch))), branches,
    author: bytes(Uint32Array, own.map((row) => authors.indexOf(row.author))), authors,
  };
}
