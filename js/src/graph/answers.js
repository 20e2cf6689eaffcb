// What the kernel asks a view: where its nodes are, and what it looks like.

import { drawLegend } from "./legend_picture.js";

const MOST_PIXELS = 64e6;

/** The places of all nodes: ids, and x and y one after the other. */
export function positionsOf(graph) {
  const ids = graph.nodeIds();
  const xy = new Float32Array(2 * ids.length);
  ids.forEach((id, i) => xy.set(graph.nodes.place.subarray(2 * graph.nodes.at(id), 2 * graph.nodes.at(id) + 2), 2 * i));
  return { ids, xy };
}

/** A PNG of what a panel shows, with its legend where that is open, as bytes. */
export async function pictureOf(panel, scale) {
  const { theme, legend, stage } = panel;
  const canvas = stage.awake().picture(scale, theme.bg, MOST_PIXELS);
  const spot = legend.spot(stage.element);
  if (spot) {
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    drawLegend(context, legend.content(), spot, theme, canvas.height / scale);
  }
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("the browser could not make a picture of this size; take a smaller scale");
  return new Uint8Array(await blob.arrayBuffer());
}

/** Answer a question, also where it goes wrong. */
export async function answer(model, { id, what, args }, run) {
  try {
    const { buffers = [], ...told } = await run[what](args);
    model.send({ type: "answer", id, ok: true, ...told }, undefined, buffers);
  } catch (error) {
    model.send({ type: "answer", id, ok: false, error: error.message });
  }
}

/** Offer bytes as a file. */
export function download(bytes, name) {
  const url = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
