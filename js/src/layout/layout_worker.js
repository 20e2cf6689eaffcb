// Runs in a worker: the rounds of a layout, with the places so far every now and then. Where workers
// are forbidden the page loads it as a module, for the rounds alone.

import { solve } from "./rounds.js";

export { solve };

const inWorker = typeof WorkerGlobalScope !== "undefined";

const work = ({ data: { task, every } }) => {
  let told = performance.now();
  let last = null;
  const tell = (done) => {
    const places = last();
    self.postMessage({ places, done }, [places.buffer]);
    told = performance.now();
  };
  for (last of solve(task)) if (performance.now() - told >= every) tell(false);
  tell(true);
};

if (inWorker) self.onmessage = work;
