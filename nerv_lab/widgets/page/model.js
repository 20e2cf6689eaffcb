// In the kernel's place: answers what the explorer asks from a recording, and changes nothing.

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
