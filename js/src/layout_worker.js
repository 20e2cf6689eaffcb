// Runs in a worker: the rounds of a layout, with the spots so far every now and then. Where workers
// are forbidden the page loads it as a module, for the rounds alone.

import { run, spots } from "./rounds.js";

export { run, spots };

const inWorker = typeof WorkerGlobalScope !== "undefined";

const work = ({ data: { settings, nodes, edges, rounds, every } }) => {
  let told = performance.now();
  for (let round = 1; round <= rounds; round++) {
    run(settings, nodes, edges, 1);
    const done = round === rounds;
    if (!done && performance.now() - told < every) continue;
    const flat = spots(nodes);
    self.postMessage({ flat, done }, [flat.buffer]);
    told = performance.now();
  }
};

if (inWorker) self.onmessage = work;
