// What is asked of one state: searches, a part of it, facets, one item.

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

/** What a lens {filter, opened, collapsed} leaves of a state, as nerv_lab/widgets/shown/lens.py does. */
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

/** What there is to filter by, as nerv_lab/widgets/commands/narrowing.py says it. */
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
