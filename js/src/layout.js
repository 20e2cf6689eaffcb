// The layout of a store: in a worker, or in slices on the page where workers are forbidden.

import { matrices, roundsFor, settingsFor } from "./forces.js";
import workerSource from "worker:./layout_worker.js";

const SLICE_MS = 60;
const URL_MS = 30000; // a module is read from its address some time after the worker was made

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

export class Layout {
  /** @param onStep called with (done: boolean) whenever nodes have moved. */
  constructor(store, onStep) {
    this.store = store;
    this.onStep = onStep;
    this.stop = () => {};
    this.running = false;
  }

  /** Lay out the whole graph, or only the given nodes while the others stay. */
  start(moving = null) {
    this.stop();
    const graph = this.store.graph;
    if (!graph.order) return this.#finish();
    const { ids, nodes, edges } = matrices(graph, moving);
    const index = new Map(ids.map((id, i) => [id, i]).filter(([id]) => !moving || moving.has(id)));
    const task = { settings: settingsFor(ids.length), nodes, edges, rounds: roundsFor(ids.length) };
    task.every = 120 + ids.length / 12; // milliseconds: pictures of large graphs cost more
    this.running = true;
    const worker = startWorker();
    if (worker) this.#inWorker(worker, task, index);
    else this.#inSlices(task, index);
  }

  #inWorker(worker, task, index) {
    this.stop = () => {
      worker.terminate();
      this.running = false;
    };
    worker.onmessage = ({ data }) => this.#step(index, data.flat, data.done);
    worker.onerror = () => {
      this.stop();
      this.#inSlices(task, index);
    };
    worker.postMessage(task);
  }

  async #inSlices(task, index) {
    let left = task.rounds;
    let stopped = false;
    this.running = true;
    this.stop = () => {
      stopped = true;
      this.running = false;
    };
    const url = sourceUrl();
    const { run, spots } = await import(url);
    URL.revokeObjectURL(url);
    if (stopped) return;
    const slice = () => {
      const start = performance.now();
      do run(task.settings, task.nodes, task.edges, 1);
      while (--left && performance.now() - start < SLICE_MS);
      this.#step(index, spots(task.nodes), left === 0);
      if (this.running) timer = setTimeout(slice);
    };
    let timer = setTimeout(slice);
    this.stop = () => {
      clearTimeout(timer);
      this.running = false;
    };
  }

  #step(index, flat, done) {
    this.store.graph.updateEachNodeAttributes(
      (id, node) => {
        const i = index.get(id);
        if (i !== undefined) {
          node.x = flat[2 * i];
          node.y = flat[2 * i + 1];
        }
        return node;
      },
      { attributes: ["x", "y"] },
    );
    if (done) this.#finish();
    else this.onStep(false);
  }

  #finish() {
    this.stop();
    this.running = false;
    this.onStep(true);
  }
}
