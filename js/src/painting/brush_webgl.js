// Paints a scene with WebGL 2.

import { alphaOf, packed } from "../common/colours.js";
import { ARROW, DOT, EDGE, LINE, NODE } from "./shaders.js";

const ROW = 2048;
const CURVE_STEPS = 16;
const LISTED = 4; // the unit of the list that is drawn, after those of the columns
const FEW = 64; // changed texels that are sent one by one

const CONTEXT = { alpha: true, antialias: false, depth: false, stencil: false, powerPreference: "high-performance" };

/** Whether a processor does the work of a graphics card. */
function isSoftware(gl) {
  const named = gl.getExtension("WEBGL_debug_renderer_info");
  return Boolean(named) && /swiftshader|llvmpipe|software/i.test(gl.getParameter(named.UNMASKED_RENDERER_WEBGL));
}

function compiled(gl, { vertex, fragment }) {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`no shader: ${gl.getProgramInfoLog(program)}`);
  }
  const spots = {};
  const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) ?? 0;
  for (let i = 0; i < count; i++) {
    const { name } = gl.getActiveUniform(program, i);
    spots[name] = gl.getUniformLocation(program, name);
  }
  return { program, spots };
}

function bound(gl, unit, texture) {
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, texture);
}

/** A texture that is read number by number. */
function textureAt(gl, unit) {
  const texture = gl.createTexture();
  bound(gl, unit, texture);
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, name, gl.NEAREST);
  return texture;
}

/** A texture of two numbers per slot, filled from a column. */
class Column {
  constructor(gl, unit, float) {
    Object.assign(this, { gl, unit, float, rows: 0, texture: textureAt(gl, unit) });
    this.type = float ? gl.FLOAT : gl.UNSIGNED_INT;
    this.format = float ? gl.RG : gl.RG_INTEGER;
  }

  #bind() {
    bound(this.gl, this.unit, this.texture);
  }

  /** Send what changed of a column; a column that has grown, whole. */
  send(values, { all, slots }) {
    const { gl } = this;
    const rows = values.length / 2 / ROW;
    if (!all && !slots.length && rows === this.rows) return;
    this.#bind();
    if (rows !== this.rows) {
      const inner = this.float ? gl.RG32F : gl.RG32UI;
      gl.texImage2D(gl.TEXTURE_2D, 0, inner, ROW, rows, 0, this.format, this.type, values);
      this.rows = rows;
    } else if (all) this.#rows(values, 0, rows);
    else if (slots.length > FEW) {
      const [first, last] = [Math.min(...slots), Math.max(...slots)].map((slot) => Math.floor(slot / ROW));
      this.#rows(values, first, last - first + 1);
    } else for (const slot of slots) this.#part(values, slot % ROW, Math.floor(slot / ROW), 1, 1);
  }

  #rows(values, first, count) {
    this.#part(values, 0, first, ROW, count);
  }

  #part(values, x, y, width, height) {
    const { gl } = this;
    const from = 2 * (y * ROW + x);
    const part = values.subarray(from, from + 2 * width * height);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, x, y, width, height, this.format, this.type, part);
  }
}

/** A texture of the slots in a list. */
class Listing {
  constructor(gl, unit) {
    Object.assign(this, { gl, unit, rows: 0, list: null, listed: null, texture: textureAt(gl, unit) });
  }

  /** Make this what is drawn from, and send the list where it is another than before. */
  use(list, listed) {
    const { gl, unit } = this;
    bound(gl, unit, this.texture);
    if (this.list === list && this.listed === listed) return;
    const rows = Math.ceil(list.length / ROW);
    const values = list.slots.subarray(0, rows * ROW);
    if (rows > this.rows) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32UI, ROW, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_INT, values);
      this.rows = rows;
    } else gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, ROW, rows, gl.RED_INTEGER, gl.UNSIGNED_INT, values);
    Object.assign(this, { list, listed });
  }
}

export class WebglBrush {
  constructor(canvas, changed) {
    Object.assign(this, { kind: "webgl", canvas });
    this.gl = canvas.getContext("webgl2", CONTEXT);
    if (!this.gl) throw new Error("no WebGL 2");
    this.slow = isSoftware(this.gl);
    this.lost = false;
    this.onLost = (event) => {
      event.preventDefault(); // or it never comes back
      this.lost = true;
    };
    this.onBack = () => {
      this.lost = false;
      this.#make();
      changed();
    };
    canvas.addEventListener("webglcontextlost", this.onLost);
    canvas.addEventListener("webglcontextrestored", this.onBack);
    this.#make();
  }

  #make() {
    const { gl } = this;
    const sources = { node: NODE, edge: EDGE, arrow: ARROW, line: LINE, dot: DOT };
    this.programs = Object.fromEntries(
      Object.entries(sources).map(([name, source]) => [name, compiled(gl, source)]),
    );
    this.columns = {
      places: new Column(gl, 0, true), nodes: new Column(gl, 1, false),
      ends: new Column(gl, 2, false), edges: new Column(gl, 3, false),
    };
    this.listings = {};
    this.fresh = true;
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DITHER);
  }

  /** Take up what changed in the scene. */
  send(scene, changed) {
    if (this.lost) return;
    const { nodes, edges } = scene.store.graph;
    const note = (changes) => (this.fresh ? { all: true, slots: [] } : changes);
    this.columns.places.send(nodes.place, note(changed.places));
    this.columns.nodes.send(scene.nodes, note(changed.nodes));
    this.columns.edges.send(scene.edges, note(changed.edges));
    this.columns.ends.send(edges.ends, note(changed.edges));
    this.fresh = false;
  }

  /**
   * Paint.
   * @param frame {width, height, ratio, view, grow, gain, arrows, skip, rough, dots, theme, lists}:
   *   of edges each skip-th is painted, where it is rough as thin lines, and nodes as dots.
   */
  draw(scene, frame) {
    const { gl } = this;
    if (this.lost) return;
    const { width, height, ratio, lists, skip } = frame;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    gl.viewport(0, 0, w, h);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    this.#edges(frame, "straight", lists.straight, 1, skip);
    this.#edges(frame, "curved", lists.curved, CURVE_STEPS, skip);
    this.#arrows(frame, "straight", lists.straight);
    this.#arrows(frame, "curved", lists.curved);
    this.#edges(frame, "above", lists.above, CURVE_STEPS, 1);
    this.#arrows(frame, "above", lists.above);
    if (frame.dots) this.#points(frame, "nodes", lists.nodes);
    else this.#nodes(frame, "nodes", lists.nodes);
    this.#nodes(frame, "front", lists.front);
  }

  #use(name, { width, height, ratio, view, grow, gain, theme }) {
    const { gl } = this;
    const { program, spots } = this.programs[name];
    gl.useProgram(program);
    Object.keys(this.columns).forEach((name, unit) => spots[name] && gl.uniform1i(spots[name], unit));
    gl.uniform1i(spots.list, LISTED);
    gl.uniform4f(spots.view, view.left, view.top, view.scale, grow);
    gl.uniform2f(spots.size, width, height);
    gl.uniform1f(spots.ratio, ratio);
    if (spots.gain) gl.uniform1f(spots.gain, gain);
    for (const name of ["ground", "accent"]) {
      if (spots[name]) gl.uniform4f(spots[name], ...parts(name === "ground" ? theme.bg : theme.accent));
    }
    return spots;
  }

  /** Draw each skip-th of a list, of which each is so many vertices. */
  #draw(spots, frame, name, list, mode, vertices, skip = 1) {
    const { gl } = this;
    (this.listings[name] ??= new Listing(gl, LISTED)).use(list, frame.listed);
    gl.uniform1i(spots.skip, skip);
    gl.drawArrays(mode, 0, vertices * Math.ceil(list.length / skip));
  }

  /** Draw each skip-th of a list as a row of quads with so many corners. */
  #quads(spots, frame, name, list, corners, skip = 1) {
    const { gl } = this;
    gl.uniform1i(spots.corners, corners);
    this.#draw(spots, frame, name, list, gl.TRIANGLES, 3 * corners - 6, skip);
  }

  #edges(frame, name, list, steps, skip) {
    const { gl } = this;
    if (!list.length) return;
    if (frame.rough && name !== "above") {
      this.#draw(this.#use("line", frame), frame, name, list, gl.LINES, 2, skip);
      return;
    }
    const spots = this.#use("edge", frame);
    gl.uniform1i(spots.steps, steps);
    this.#quads(spots, frame, name, list, 2 * steps + 2, skip);
  }

  #arrows(frame, name, list) {
    if (!frame.arrows || !list.length) return;
    const spots = this.#use("arrow", frame);
    for (const back of [0, 1]) {
      this.gl.uniform1i(spots.back, back);
      this.#quads(spots, frame, name, list, 4);
    }
  }

  #nodes(frame, name, list) {
    if (list.length) this.#quads(this.#use("node", frame), frame, name, list, 4);
  }

  #points(frame, name, list) {
    if (list.length) this.#draw(this.#use("dot", frame), frame, name, list, this.gl.POINTS, 1);
  }

  kill() {
    this.canvas.removeEventListener("webglcontextlost", this.onLost);
    this.canvas.removeEventListener("webglcontextrestored", this.onBack);
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

function parts(text) {
  const colour = packed(text) ?? 0;
  return [0, 8, 16].map((shift) => ((colour >>> shift) & 255) / 255).concat(alphaOf(colour));
}
