// In the kernel's place: answers what the explorer asks from a recording, and changes nothing.

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
 * What a layout by data needs of these nodes, as nerv_lab/widgets/arrangement.py says it.
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

/** Items as nerv_lab/widgets/columns.py writes them. */
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

/** Versions as nerv_lab/widgets/history.py writes them. */
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

/** The states of a recording: each a map from keys to items. */
class Recording {
  constructor({ items, live, steps, versions, density, tags, meta, looks }) {
    Object.assign(this, { items, steps, versions, density, tags, meta, looks });
    looks.items.forEach((look, i) => {
      items[i].look = look;
    });
    this.live = new Map(live.map(([key, number]) => [key, items[number]]));
    this.kept = new Map();
    this.byId = new Map(versions.map((row, i) => [row.id, i]));
  }

  row(id) {
    return this.versions[this.byId.get(id)] ?? null;
  }

  state(id) {
    if (id === null) return this.live;
    if (!this.byId.has(id)) throw new Error("that version is not part of this recording");
    if (!this.kept.has(id)) {
      if (this.kept.size > 16) this.kept.clear();
      const state = new Map(this.live);
      const back = this.versions.length - this.byId.get(id);
      for (const { set, gone } of this.steps.slice(0, back)) {
        gone.forEach((key) => state.delete(key));
        set.forEach(([key, number]) => state.set(key, this.items[number]));
      }
      this.kept.set(id, state);
    }
    return this.kept.get(id);
  }

  stateAfter(seq) {
    if (seq >= this.meta.seq) return this.live;
    const row = this.after(seq);
    return row ? this.state(row.id) : new Map();
  }

  /** The version in effect after an event: the newest then, among those before the head. */
  after(seq) {
    for (let row = this.row(this.meta.head); row; row = this.row(row.parents[0])) {
      if (row.seq <= seq) return row;
    }
    return this.versions[0] ?? null;
  }
}

const sameItem = (a, b) => a === b || JSON.stringify(fieldsOf(a)) === JSON.stringify(fieldsOf(b));

function fieldsOf(item) {
  const fields = {
    type: item.type, name: item.name, description: item.description, tags: item.tags.join(", "),
    strength: item.strength, bidirectional: item.both, from_entity: item.from, to_entity: item.to,
  };
  for (const { name, text } of item.properties) fields[`properties.${name}`] = text;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ""));
}

function fieldChanges(old, now) {
  if (!old || !now) return [];
  const [before, after] = [fieldsOf(old), fieldsOf(now)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
    .filter((name) => before[name] !== after[name])
    .map((name) => ({
      name, old: `${before[name] ?? ""}`, new: `${after[name] ?? ""}`,
      kind: name in before ? (name in after ? "changed" : "removed") : "added",
    }));
}

const titleIn = (state, id) => state.get(`e:${id}`)?.title ?? id;

function describe(item, state) {
  if (item.kind === "entity") return `${item.type} ${item.title}`;
  return `${titleIn(state, item.from)} -${item.type}-> ${titleIn(state, item.to)}`;
}

function diff(before, after) {
  const changes = [];
  for (const [key, old] of before) {
    if (!after.has(key)) changes.push({ key, kind: "removed", old, item: old });
    else if (!sameItem(old, after.get(key))) {
      changes.push({ key, kind: "changed", old, now: after.get(key), item: after.get(key) });
    }
  }
  for (const [key, now] of after) {
    if (!before.has(key)) changes.push({ key, kind: "added", now, item: now });
  }
  return changes.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function summary(before, after) {
  const changes = diff(before, after);
  const counts = { added: 0, changed: 0, removed: 0 };
  for (const { kind } of changes) counts[kind]++;
  const rows = changes.slice(0, MAX_ROWS).map(({ kind, old, now, item }) => ({
    id: item.id, kind, item: item.kind, title: describe(item, now ? after : before),
    fields: fieldChanges(old, now),
  }));
  return { changes, told: { counts, changes: rows } };
}

// -- the search: words, type:, tag:, has:, and comparisons -----------------------------------

const SIGNS = {
  ">=": (a, b) => a >= b, "<=": (a, b) => a <= b, "!=": (a, b) => a !== b,
  "=": (a, b) => a === b, ">": (a, b) => a > b, "<": (a, b) => a < b,
};

function condition(part, degree) {
  if (part.startsWith("-") && part.length > 1) {
    const holds = condition(part.slice(1), degree);
    return (item) => !holds(item);
  }
  const [, name, wanted] = /^(type|tag|has):(.+)$/s.exec(part) ?? [];
  const any = [wanted, ...(wanted?.split("|") ?? [])];
  if (name === "type") return (item) => any.includes(item.type);
  if (name === "tag") return (item) => item.tags.some((tag) => any.includes(tag));
  if (name === "has") return (item) => item.properties.some((p) => p.name === wanted);
  const [, field, sign, value] = /^([^\s<>=!:]+)(>=|<=|!=|=|>|<)(.*)$/s.exec(part) ?? [];
  if (!field) {
    const word = part.toLowerCase();
    return (item) => textsOf(item).some((text) => text.toLowerCase().includes(word));
  }
  return (item) => compared(field === "degree" ? degree.get(item.id) ?? 0 : valueOf(item, field), sign, value);
}

function valueOf(item, field) {
  const property = item.properties.find(({ name }) => name === field);
  if (property) return ["int", "float", "Decimal"].includes(property.kind) ? Number(property.text) : property.text;
  return ["name", "type", "description"].includes(field) ? item[field] : undefined;
}

function compared(found, sign, wanted) {
  if (found === undefined) return sign === "!=";
  if (typeof found !== "number") return SIGNS[sign](found.toLowerCase(), wanted.toLowerCase());
  const number = wanted.trim() === "" ? NaN : Number(wanted);
  return Number.isNaN(number) ? sign === "!=" : SIGNS[sign](found, number);
}

function textsOf(item) {
  const texts = item.properties.filter(({ kind }) => kind === "str").map(({ text }) => text);
  return [item.name, item.id, item.type, item.description, ...item.tags, ...texts];
}

function find(state, query, most = 2000) {
  const degree = degrees(state);
  const parts = query.match(/"[^"]*"|\S+/g) ?? [];
  const conditions = parts.map((part) => condition(part.replaceAll('"', ""), degree));
  const found = [...state.values()].filter((i) => i.kind === "entity" && conditions.every((c) => c(i)));
  return { ids: found.slice(0, most).map(({ id }) => id), total: found.length };
}

// -- a part of the graph -------------------------------------------------------------------------

/** What a lens {filter, opened, collapsed} leaves of a state, as nerv_lab/widgets/lens.py does. */
function sceneOf(state, { filter, opened, collapsed }) {
  if (!filter && !collapsed.size) return state;
  const relations = [...state.values()].filter(({ kind }) => kind === "relation");
  let shown = [...state.values()].filter(({ kind }) => kind === "entity").map(({ id }) => id);
  if (filter) {
    const near = relations.filter((r) => opened.has(r.from) || opened.has(r.to)).flatMap((r) => [r.from, r.to]);
    shown = [...new Set([...find(state, filter, Infinity).ids, ...near, ...opened])];
  }
  const scene = new Map();
  const stands = new Map();
  for (const item of shown.map((id) => state.get(`e:${id}`)).filter(Boolean)) {
    const group = collapsed.has(item.type) ? `nerv:group:${item.type}` : null;
    stands.set(item.id, group ?? item.id);
    if (!group) scene.set(`e:${item.id}`, item);
    else scene.set(`e:${group}`, grouped(item, group, scene.get(`e:${group}`)));
  }
  for (const relation of relations) {
    const [from, to] = [stands.get(relation.from), stands.get(relation.to)];
    if (!from || !to) continue;
    if (from === relation.from && to === relation.to) scene.set(`r:${relation.id}`, relation);
    else if (from !== to) {
      const id = `nerv:group:${from}|${relation.type}|${to}|${relation.both}`;
      const known = scene.get(`r:${id}`);
      scene.set(`r:${id}`, { ...(known ?? { ...relation, id, from, to, properties: [] }), strength: (known?.strength ?? 0) + relation.strength });
    }
  }
  return scene;
}

function grouped({ type, look }, id, before) {
  const stands = (before?.stands ?? 0) + 1;
  const name = `${type} (${stands})`;
  const properties = [{ name: "count", kind: "int", text: `${stands}` }];
  const own = { ...look, size: null, label: null };
  return { kind: "entity", id, type, name, title: name, stands, description: "", tags: [], properties, properties_total: 1, look: own };
}

/** What there is to filter by, as nerv_lab/widgets/narrowing.py says it. */
function facets(state) {
  const entities = [...state.values()].filter(({ kind }) => kind === "entity");
  const counted = (values) => {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 40);
  };
  const numeric = new Set(entities.flatMap(({ properties }) => properties)
    .filter(({ kind }) => ["int", "float", "Decimal"].includes(kind)).map(({ name }) => name));
  return {
    types: counted(entities.map(({ type }) => type)),
    tags: counted(entities.flatMap(({ tags }) => tags)),
    properties: counted(entities.flatMap(({ properties }) => properties.map(({ name }) => name)))
      .map(([name, count]) => [name, count, numeric.has(name)]),
    degree: Math.max(0, ...degrees(state).values()),
    total: entities.length,
  };
}

// -- the inspector -----------------------------------------------------------------------------

function inspect(state, id) {
  const item = state.get(`e:${id}`) ?? state.get(`r:${id}`);
  if (!item) throw new Error(`${id} is not here; it may belong to another version`);
  const shown = { ...item, perspectives: [] };
  if (item.kind === "relation") {
    return { ...shown, ends: [item.from, item.to].map((end) => ({ id: end, title: titleIn(state, end) })) };
  }
  const rows = [...state.values()].filter((r) => r.kind === "relation" && (r.from === id || r.to === id))
    .map((relation) => neighbour(state, id, relation));
  const order = ({ relation_type: type, title, relation }) => JSON.stringify([type, title, relation]);
  rows.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  return { ...shown, neighbours: rows.slice(0, MAX_ROWS), degree: rows.length };
}

function neighbour(state, id, { id: relation, type, from, to, both }) {
  const other = from === id ? to : from;
  const way = both ? "both" : from === id ? "out" : "in";
  return { id: other, title: titleIn(state, other), relation, relation_type: type, way };
}

/** How a property changed from version to version. */
function history(recording, id, property) {
  const path = `properties.${property}`;
  const entries = [];
  let old;
  for (const row of recording.versions) {
    const state = recording.state(row.id);
    const item = state.get(`e:${id}`) ?? state.get(`r:${id}`);
    const value = item && fieldsOf(item)[path];
    if (value !== old) {
      const kind = old === undefined ? "added" : value === undefined ? "removed" : "changed";
      const field = { name: path, old: old ?? "", new: value ?? "", kind };
      entries.push({ seq: row.seq, time: row.time, where: row.label, who: row.author, reason: row.description, kind, fields: [field] });
    }
    old = value;
  }
  return { total: entries.length, entries: entries.reverse().slice(0, 30) };
}

// -- the model ---------------------------------------------------------------------------------

class RecordedModel {
  constructor(recording, traits) {
    Object.assign(this, { recording, traits, handlers: new Map(), shown: null, seq: 0, groups: table() });
    this.sending = Promise.resolve();
    this.lens = { filter: "", opened: new Set(), collapsed: new Set() };
    this.commands = {
      facets: () => facets(this.state),
      filter: ({ query }) => this.#narrow({ filter: query.trim(), opened: new Set() }),
      expand: ({ id }) => this.#expand(id),
      collapse: () => this.#narrow({ collapsed: new Set(facets(this.state).types.map(([type]) => type)) }),
      uncollapse: () => this.#narrow({ collapsed: new Set() }),
      show_all: () => this.#narrow({ filter: "", opened: new Set(), collapsed: new Set() }),
      pin: () => ({}),
      unpin: () => ({}),
      at: ({ version, seq }) => this.#show(version ?? recording.after(seq)?.id ?? null),
      live: () => this.#show(null),
      inspect: ({ id }) => inspect(id.startsWith("nerv:group:") ? this.scene : this.state, id),
      find: ({ query }) => find(this.state, query),
      compare: ({ base, seq }) => this.#compare(base ?? recording.after(seq)?.id),
      range: ({ from, to }) => this.#range(from, to),
      summary: ({ version }) => this.#summary(version),
      history: ({ id, property }) => history(recording, id, property),
    };
  }

  get state() {
    return this.recording.state(this.shown);
  }

  get scene() {
    return sceneOf(this.state, this.lens);
  }

  get(name) {
    return this.traits[name];
  }

  set(name, value) {
    this.traits[name] = value;
  }

  /** Another layout may need to know something of every node. */
  save_changes() {
    const arrangement = JSON.stringify(this.traits.arrangement);
    if (arrangement === this.arranged) return;
    this.arranged = arrangement;
    this.groups = table();
    if (this.seq) this.#frame("snapshot", this.#columns([...this.scene.values()]));
  }

  on(event, handler) {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler]);
  }

  off(event, handler) {
    this.handlers.set(event, (this.handlers.get(event) ?? []).filter((known) => known !== handler));
  }

  send({ type, view, id, name, args }) {
    if (type === "command") this.#answer(id, name, args);
    else if (type === "hello" && this.seq) this.#tell({ type: "ping", stream: view, seq: this.seq });
    else if (["ready", "hello", "resync"].includes(type)) {
      this.view = view;
      this.#frame("snapshot", this.#columns([...this.scene.values()]));
    }
  }

  #tell(message, buffers = []) {
    for (const handler of this.handlers.get("msg:custom") ?? []) handler(message, buffers);
  }

  async #answer(id, name, args) {
    const reply = { type: "reply", id };
    try {
      if (!Object.hasOwn(this.commands, name)) throw new Error("a recording cannot be changed");
      const result = this.commands[name](args);
      await this.sending;
      this.#tell({ ...reply, ok: true, result });
    } catch (error) {
      this.#tell({ ...reply, ok: false, error: { kind: error.name, text: error.message } });
    }
  }

  #show(id) {
    const before = this.scene;
    this.shown = id;
    this.#moved(before);
    return { version: id, position: null };
  }

  #columns(items) {
    const { scene, traits } = this;
    const degree = degrees(scene);
    const graph = columns(items, this.recording.looks, degree);
    graph.nodes.places = places(scene, graph.nodes.ids, traits.arrangement, degree, this.groups);
    return graph;
  }

  /** Show another part of the graph, and say how much it is. */
  #look(change) {
    const before = this.scene;
    Object.assign(this.lens, change);
    this.#moved(before);
    const count = (state) => [...state.values()].filter(({ kind }) => kind === "entity").length;
    const added = [...this.scene.keys()].filter((key) => key.startsWith("e:") && !before.has(key));
    return { shown: count(this.scene), total: count(this.state), added };
  }

  #narrow(change) {
    const { shown, total } = this.#look(change);
    return { shown, total };
  }

  #expand(id) {
    const group = this.scene.get(`e:${id}`);
    const collapsed = new Set(this.lens.collapsed);
    if (!group?.stands) return this.#look({ opened: new Set([...this.lens.opened, id]) });
    collapsed.delete(group.type);
    return this.#look({ collapsed });
  }

  #moved(before) {
    const after = this.scene;
    const changes = diff(before, after);
    const gone = changes.filter(({ kind }) => kind === "removed");
    const of = (kind) => gone.filter(({ item }) => item.kind === kind).map(({ item }) => item.id);
    const fresh = new Set(changes.filter(({ now }) => now).map(({ now }) => now));
    // Degrees may have changed of any of them.
    if (Object.keys(this.recording.looks.by_degree).length) for (const item of after.values()) fresh.add(item);
    this.#frame("delta", { ...this.#columns([...fresh]), gone_nodes: of("entity"), gone_edges: of("relation") });
  }

  #frame(kind, graph) {
    const { versions, density, meta, looks } = this.recording;
    const kinds = [...this.scene.values()].map((item) => item.kind);
    const { filter, collapsed } = this.lens;
    const total = [...this.state.values()].filter(({ kind: k }) => k === "entity").length;
    const lens = filter || collapsed.size ? { filter, around: [], collapsed: [...collapsed], total } : null;
    const payload = {
      graph,
      meta: {
        ...meta, lens, shown: this.recording.row(this.shown), closed: "a recording", first: versions[0]?.seq ?? 0,
        nodes: kinds.filter((k) => k === "entity").length,
        edges: kinds.filter((k) => k === "relation").length, status: null,
      },
      ...(kind === "snapshot" ? { history: { versions: versionColumns(versions), density, tags: Object.entries(this.recording.tags) }, style: looks } : {}),
    };
    const base = kind === "snapshot" ? 0 : this.seq;
    const head = { protocol: 2, stream: this.view, kind, base, seq: ++this.seq, chunk: 0, of: 1 };
    this.sending = this.sending.then(async () => {
      const body = new Uint8Array(await pack(payload));
      this.#tell({ type: "frame", stream: head.stream }, [await pack({ ...head, body })]);
    });
  }

  #compare(base) {
    const { changes, told } = summary(this.recording.state(base), this.state);
    const gone = changes.filter(({ kind }) => kind === "removed").map(({ item }) => item);
    return {
      ...told, base: this.recording.row(base),
      kinds: Object.fromEntries(changes.map(({ item, kind }) => [item.id, kind])),
      gone: {
        nodes: gone.filter(({ kind }) => kind === "entity").map((item) => this.#ghost(item)),
        edges: gone.filter(({ kind }) => kind === "relation").map((item) => this.#ghost(item)),
      },
    };
  }

  /** What is gone, with the colour it had. */
  #ghost(item) {
    const color = this.recording.looks.colors[(item.look?.color ?? 0) - 1];
    return { ...item, look: color && { color } };
  }

  #range(from, to) {
    const [before, after] = [from, to].map((seq) => this.recording.stateAfter(seq));
    return { counts: summary(before, after).told.counts };
  }

  #summary(id) {
    const parent = this.recording.row(this.recording.row(id)?.parents[0]);
    if (!parent && this.recording.row(id)?.parents.length) throw new Error("its parent is left out");
    const { told } = summary(parent ? this.recording.state(parent.id) : new Map(), this.recording.state(id));
    return { ...told, changes: told.changes.slice(0, 6) };
  }
}

const data = JSON.parse(await unpacked("recording"));
const url = URL.createObjectURL(new Blob([await unpacked("bundle")], { type: "text/javascript" }));
const { default: bundle } = await import(url);
URL.revokeObjectURL(url);
bundle.render({ model: new RecordedModel(new Recording(data), data.traits), el: document.getElementById("here") });
