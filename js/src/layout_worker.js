// Runs in a worker: rounds of the layout, with the spots so far after each share of them.

import { run, spots } from "./forces.js";

self.onmessage = ({ data: { settings, nodes, edges, rounds, share } }) => {
  for (let done = 0; done < rounds; done += share) {
    run(settings, nodes, edges, Math.min(share, rounds - done));
    const flat = spots(nodes);
    self.postMessage({ flat, done: done + share >= rounds }, [flat.buffer]);
  }
};
