// The states of a recording, and what differs between two of them.

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
