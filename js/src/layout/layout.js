// The layout of a store: in a worker, or in slices on the page where workers are forbidden.

import workerSource from "worker:./layout_worker.js";
import { NextFrame } from "../common/next_frame.js";

const SLICE_MS = 60;
const URL_MS = 30000; // a module is read from its address some time after the worker was made
const MANY = 5000; // nodes from which on newcomers are laid out among those around them alone
const AROUND = 3000;
const GLIDE_MS = 420;
const MANY_GLIDE = 12000;

const sourceUrl = () =>
  URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));

function startWorker() {
  const url = sourceUrl();
  try {
    return new Worker(url, { type: "module" });
  } catch {
    return null; // a content security policy forbids it
  } finally {
    setTimeout(() => URL.revokeObjectURL(url), URL_MS);
  }
}

/** The nodes to be laid out with those that move: all, or of a large graph those around them. */
function concerned(graph, moving) {
  const slots = [];
  if (!moving || graph.order <= MANY) {
    graph.forNodes((slot) => slots.push(slot));
    return slots;
  }
  const found = new Set(moving);
  for (const slot of found) {
    if (found.size > moving.size + AROUND) break;
    graph.forEdgesAt(slot, (_, other) => found.add(other));
  }
  return [...found];
}

/** What the algorithm needs to know, and which slots it is about. */
export function taskOf(graph, moving = null) {
  const { nodes, edges } = graph;
  const slots = concerned(graph, moving);
  const number = new Int32Array(nodes.end).fill(-1);
  const place = new Float32Array(2 * slots.length);
  const stays = (slot) => graph.isPinned(slot) || (moving !== null && !moving.has(slot));
  slots.forEach((slot, i) => {
    number[slot] = i;
    place[2 * i] = nodes.place[2 * slot];
    place[2 * i + 1] = nodes.place[2 * slot + 1];
  });
  const [from, to] = [new Uint32Array(edges.count), new Uint32Array(edges.count)];
  let links = 0;
  graph.forEdges((edge) => {
    const [a, b] = [number[edges.ends[2 * edge]], number[edges.ends[2 * edge + 1]]];
    if (a < 0 || b < 0) return;
    from[links] = a;
    to[links++] = b;
  });
  const fixed = moving || graph.pinned ? Uint8Array.from(slots, (slot) => (stays(slot) ? 1 : 0)) : null;
  const order = Float64Array.from(slots, (slot) => nodes.order[slot]);
  return { slots, task: { order, place, from: from.slice(0, links), to: to.slice(0, links), fixed } };
}

function dataOf(graph, slots, { group, x, y }) {
  const column = (known, Type, missing) => Type.from(slots, (slot) => known.get(graph.nodes.ids[slot]) ?? missing);
  return { group: column(group, Uint32Array, 0), x: column(x, Float32Array, NaN), y: column(y, Float32Array, NaN) };
}

export class Layout {
  /**
   * @param onStep called with (done: boolean) whenever nodes have moved.
   * @param onFailed called with what went wrong; the nodes then stay where they are.
   */
  constructor(store, onStep, onFailed) {
    Object.assign(this, { store, onStep, onFailed });
    this.frame = new NextFrame(() => this.slide(), (error) => this.#fail(error));
    this.stop = () => {};
    this.running = false;
  }

  /**
   * Lay out the whole graph, or only the given slots while the others stay.
   * @param layout Another than that of forces, {name, …}; `data` gives by id what it needs of nodes.
   */
  start(moving = null, layout = null, data = {}) {
    this.stop();
    const { graph } = this.store;
    if (graph.pinned >= graph.order || layout?.name === "fixed") return this.#finish();
    const { slots, task } = taskOf(graph, layout ? null : moving);
    if (layout) Object.assign(task, { layout, ...dataOf(graph, slots, data) });
    this.glides = layout !== null;
    Object.assign(this, { slots, ids: slots.map((slot) => graph.nodes.ids[slot]) });
    Object.assign(this, { moving, task });
    const every = 120 + slots.length / 60; // milliseconds: pictures of large graphs cost more
    this.running = true;
    const worker = startWorker();
    if (worker) this.#inWorker(worker, { task, every });
    else this.#sliced(task);
  }

  #sliced(task) {
    this.#inSlices(task).catch((error) => this.task === task && this.#fail(error));
  }

  #inWorker(worker, message) {
    this.stop = () => {
      worker.terminate();
      this.running = false;
    };
    worker.onmessage = ({ data }) => this.#try(() => this.#step(data.places, data.done));
    worker.onerror = () => {
      this.stop();
      this.#sliced(message.task);
    };
    worker.postMessage(message);
  }

  async #inSlices(task) {
    let stopped = false;
    this.running = true;
    this.stop = () => {
      stopped = true;
      this.running = false;
    };
    const url = sourceUrl();
    const { solve } = await import(url);
    URL.revokeObjectURL(url);
    if (stopped) return;
    const rounds = solve(task);
    let places = null;
    const slice = () => {
      const start = performance.now();
      let next = rounds.next();
      while (!next.done && performance.now() - start < SLICE_MS) {
        places = next.value;
        next = rounds.next();
      }
      if (!next.done) places = next.value;
      this.#step(places(), next.done);
      if (this.running && !next.done) timer = setTimeout(tried);
    };
    const tried = () => this.#try(slice);
    let timer = setTimeout(tried);
    this.stop = () => {
      clearTimeout(timer);
      this.running = false;
    };
  }

  /** Take over places, but of nodes that went meanwhile, that stay, or that a person has moved. */
  #step(places, done) {
    if (done && this.glides) this.#glide(places);
    else this.#put(places, done);
  }

  /** Move from where nodes are to where they belong, unless there are many, or motion is not wanted. */
  #glide(places) {
    this.stop();
    const { place, ids } = this.store.graph.nodes;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches || document.hidden;
    if (calm || this.slots.length > MANY_GLIDE) return this.#put(places, true);
    const from = Float32Array.from(places, (_, i) => {
      const slot = this.slots[i >> 1];
      return ids[slot] === this.ids[i >> 1] ? place[2 * slot + (i & 1)] : 0;
    });
    const start = performance.now();
    this.slide = () => {
      const share = Math.min((performance.now() - start) / GLIDE_MS, 1);
      const eased = share * share * (3 - 2 * share);
      this.#put(places.map((to, i) => from[i] + (to - from[i]) * eased), share === 1);
      if (share < 1) this.frame.ask();
    };
    this.running = true;
    this.stop = () => {
      this.frame.cancel();
      this.running = false;
    };
    this.frame.ask();
  }

  #put(places, done) {
    const { graph } = this.store;
    const { ids, place } = graph.nodes;
    this.slots.forEach((slot, i) => {
      if (ids[slot] !== this.ids[i] || graph.isPinned(slot) || (this.moving && !this.moving.has(slot))) return;
      place[2 * slot] = places[2 * i];
      place[2 * slot + 1] = places[2 * i + 1];
    });
    graph.movedAll();
    if (done) this.#finish();
    else this.onStep(false);
  }

  #try(run) {
    try {
      run();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error) {
    this.stop();
    this.onFailed(error);
  }

  #finish() {
    this.stop();
    this.running = false;
    this.onStep(true);
  }
}
