// What a recording holds, written as the kernel writes it: MessagePack and columns.

const MAX_ROWS = 200;

globalThis.trustedTypes?.createPolicy("default", {
  createScriptURL: (url) => (String(url).startsWith("blob:") ? url : null),
});

async function unpacked(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/** MessagePack of what frames hold. */
function pack(value) {
  const parts = [];
  const head = (code, count) => {
    const bytes = new Uint8Array(5);
    new DataView(bytes.buffer).setUint32(1, count);
    bytes[0] = code;
    parts.push(bytes);
  };
  const put = (item) => {
    if (item === null || item === undefined) parts.push(Uint8Array.of(0xc0));
    else if (typeof item === "boolean") parts.push(Uint8Array.of(item ? 0xc3 : 0xc2));
    else if (typeof item === "number") {
      const bytes = new Uint8Array(9);
      bytes[0] = 0xcb;
      new DataView(bytes.buffer).setFloat64(1, item);
      parts.push(bytes);
    } else if (typeof item === "string") {
      const bytes = new TextEncoder().encode(item);
      head(0xdb, bytes.length);
      parts.push(bytes);
    } else if (item instanceof Uint8Array) {
      head(0xc6, item.length);
      parts.push(item);
    } else if (Array.isArray(item)) {
      head(0xdd, item.length);
      item.forEach(put);
    } else {
      const entries = Object.entries(item);
      head(0xdf, entries.length);
      entries.flat().forEach(put);
    }
  };
  put(value);
  return new Blob(parts).arrayBuffer();
}

const bytesOf = (Type, values) => new Uint8Array(Type.from(values).buffer);

function table() {
  const index = new Map();
  const number = (text) => index.get(text) ?? (index.set(text, index.size), index.size - 1);
  return { number, values: () => [...index.keys()] };
}

/** How many relations each entity of a state has. */
function degrees(state) {
  const degree = new Map();
  for (const item of state.values()) {
    for (const end of item.kind === "relation" ? new Set([item.from, item.to]) : []) {
      degree.set(end, (degree.get(end) ?? 0) + 1);
    }
  }
  return degree;
}

const COLUMNS = {
  color: (values) => bytesOf(Uint32Array, values.map((v) => v ?? 0)),
  group: (values) => bytesOf(Uint32Array, values.map((v) => v ?? 0)),
  shape: (values) => Uint8Array.from(values, (v) => v ?? 0),
  dash: (values) => Uint8Array.from(values, (v) => v ?? 0),
};
for (const name of ["size", "width", "x", "y"]) COLUMNS[name] = (values) => bytesOf(Float32Array, values.map((v) => v ?? NaN));

/** The looks and places that were recorded with items; those by degree are of this state. */
function styleColumns(items, of, looks, degree) {
  const read = (name) => (item) => {
    const table = of === "nodes" && looks.by_degree[name];
    return (table ? table[Math.min(degree.get(item.id) ?? 0, table.length - 1)] : item.look?.[name]) ?? null;
  };
  const pack = (name) => [name, (COLUMNS[name] ?? ((values) => values))(items.map(read(name)))];
  return { style: Object.fromEntries(looks[of].map(pack)) };
}

/**
 * What a layout by data needs of these nodes, as nerv_lab/widgets/shown/arrangement.py says it.
 * @param groups A table of the groups so far, which keep their numbers.
 */
function places(scene, ids, { name, by, x, y }, degree, groups) {
  const entities = [...scene.values()].filter(({ kind }) => kind === "entity");
  const read = (item, field) => {
    if (field === "degree") return degree.get(item.id) ?? 0;
    return field === "tag" ? item.tags[0] : valueOf(item, field);
  };
  const column = (field, code) => {
    const codes = new Map(entities.map((item) => [item.id, code(read(item, field))]));
    return ids.map((id) => codes.get(id));
  };
  const along = (field) => {
    const numbers = entities.map((item) => read(item, field)).filter((value) => typeof value === "number");
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    return column(field, (value) => (typeof value !== "number" ? NaN : high > low ? (value - low) / (high - low) : 0.5));
  };
  if (name === "grouped") {
    const group = COLUMNS.group(column(by, (value) => (value === undefined ? 0 : 1 + groups.number(`${value}`))));
    return { group, titles: [`no ${by}`, ...groups.values()].map((title, i) => [i, title.slice(0, 80)]) };
  }
  return name === "axes" ? { x: COLUMNS.x(along(x)), y: COLUMNS.y(along(y)) } : {};
}

/** Items as nerv_lab/widgets/shown/columns.py writes them. */
function columns(items, looks, degree) {
  const [entities, relations] = ["entity", "relation"].map((k) => items.filter((i) => i.kind === k));
  const [kinds, types, ends] = [table(), table(), table()];
  const numbers = (names, texts) => bytesOf(Uint32Array, texts.map(names.number));
  const kind = numbers(kinds, entities.map((e) => e.type));
  const [type, from, to] = [
    numbers(types, relations.map((r) => r.type)),
    numbers(ends, relations.map((r) => r.from)),
    numbers(ends, relations.map((r) => r.to)),
  ];
  return {
    nodes: {
      ...styleColumns(entities, "nodes", looks, degree),
      groups: entities.flatMap(({ stands }, i) => (stands ? [[i, stands]] : [])),
      ids: entities.map((e) => e.id), labels: entities.map((e) => e.name), types: kinds.values(), type: kind, mark: new Uint8Array(8 * entities.length),
    },
    edges: {
      ...styleColumns(relations, "edges", looks, degree),
      ids: relations.map((r) => r.id), from, to, type, types: types.values(), ends: ends.values(),
      strength: bytesOf(Float32Array, relations.map((r) => r.strength)),
      both: Uint8Array.from(relations, (r) => (r.both ? 1 : 0)),
      mark: new Uint8Array(8 * relations.length),
    },
  };
}

/** Versions as nerv_lab/widgets/shown/history.py writes them. */
function versionColumns(rows) {
  const byId = new Map(rows.map((row, i) => [row.id, i]));
  const [branches, authors] = [table(), table()];
  const parents = (at) => bytesOf(Int32Array, rows.map((row) => byId.get(row.parents[at]) ?? -1));
  return {
    first: 0, ids: rows.map((row) => row.id), labels: rows.map((row) => row.label),
    descriptions: rows.map((row) => row.description),
    seq: bytesOf(Float64Array, rows.map((row) => row.seq)),
    time: bytesOf(Float64Array, rows.map((row) => row.time)),
    first_parent: parents(0), second_parent: parents(1),
    branch: bytesOf(Uint32Array, rows.map((row) => branches.number(row.branch))), branches: branches.values(),
    author: bytesOf(Uint32Array, rows.map((row) => authors.number(row.author))), authors: authors.values(),
  };
}
