// The painter for machines with WebGL: sigma.

import { MultiDirectedGraph } from "graphology";
import Sigma from "sigma";
import { drawMarks } from "./marks.js";

function roundedBox(context, x, y, width, height, radius) {
  context.beginPath();
  context.roundRect(x, y, width, height, radius);
  context.fill();
}

function hoverIn(theme) {
  return (context, data, settings) => {
    const size = settings.labelSize;
    context.font = `600 ${size}px ${theme.font}`;
    context.beginPath();
    context.arc(data.x, data.y, data.size + 3, 0, 2 * Math.PI);
    context.lineWidth = 2.5;
    context.strokeStyle = theme.accent;
    context.stroke();
    if (!data.label) return;
    const width = context.measureText(data.label).width + 14;
    const x = data.x + data.size + 6;
    context.shadowColor = "rgba(0,0,0,.28)";
    context.shadowBlur = 8;
    context.fillStyle = theme.bg;
    context.strokeStyle = theme.line;
    context.lineWidth = 1;
    roundedBox(context, x, data.y - size / 2 - 5, width, size + 10, 5);
    context.shadowBlur = 0;
    context.stroke();
    context.fillStyle = theme.fg;
    context.fillText(data.label, x + 7, data.y + size / 3);
  };
}

function themed(theme) {
  return {
    defaultDrawNodeHover: hoverIn(theme),
    labelFont: theme.font,
    labelColor: { color: theme.fg },
    edgeLabelFont: theme.font,
    edgeLabelColor: { color: theme.accent },
  };
}

export function webglWorks() {
  const canvas = document.createElement("canvas");
  const gl = canvas.getContext("webgl2") ?? canvas.getContext("webgl");
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return Boolean(gl);
}

export class WebglPainter {
  constructor(store, look, container, on) {
    this.kind = "webgl";
    this.store = store;
    this.look = look;
    const few = store.graph.order <= 100;
    this.sigma = new Sigma(store.graph, container, {
      allowInvalidContainer: true,
      nodeReducer: (id, node) => ({ ...node, ...look.node(id, node) }),
      edgeReducer: (id, edge) => ({ ...edge, ...look.edge(id, edge) }),
      ...themed(look.theme),
      enableEdgeEvents: store.graph.size <= 20000,
      renderEdgeLabels: true,
      zIndex: true,
      labelSize: 12,
      labelRenderedSizeThreshold: few ? 3 : 5,
      labelDensity: few ? 3 : 0.8,
      labelGridCellSize: 80,
      edgeLabelSize: 10.5,
      hideEdgesOnMove: store.graph.size > 20000,
      minCameraRatio: 0.01,
      maxCameraRatio: 6,
      stagePadding: 36,
      zoomDuration: 160,
    });
    this.resized = new ResizeObserver(() => this.sigma.resize().scheduleRender());
    this.resized.observe(container);
    this.canvas = document.createElement("canvas");
    this.canvas.className = "nerv-canvas nerv-marks-canvas";
    container.append(this.canvas);
    this.sigma.on("afterRender", () => {
      this.#marks();
      on.painted();
    });
    this.sigma.on("clickNode", ({ node, event }) => on.click(node, event.original));
    this.sigma.on("clickEdge", ({ edge, event }) => on.click(edge, event.original));
    this.sigma.on("clickStage", ({ event }) => on.click(null, event.original));
    this.sigma.on("doubleClickNode", ({ node, preventSigmaDefault }) => {
      preventSigmaDefault();
      on.expand(node);
    });
    for (const [name, cursor] of [["enter", "pointer"], ["leave", ""]]) {
      for (const what of ["Node", "Edge"]) {
        this.sigma.on(`${name}${what}`, () => {
          container.style.cursor = cursor;
        });
      }
    }
  }

  /** The marks of a comparison, over what sigma has drawn. */
  #marks() {
    const { marks, theme } = this.look;
    if (!marks && this.blank) return;
    const { width, height } = this.sigma.getDimensions();
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio); // which also clears it
    this.canvas.height = Math.round(height * ratio);
    this.blank = !marks;
    if (!marks) return;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    const { graph } = this.store;
    drawMarks(context, theme, graph, marks, (id) => {
      const node = this.sigma.getNodeDisplayData(id);
      if (!node || this.look.isHidden(id, graph.getNodeAttribute(id, "kind"))) return null;
      return { ...this.sigma.framedGraphToViewport(node), size: this.sigma.scaleSize(node.size) };
    });
  }

  setTheme(theme) {
    this.sigma.setSettings(themed(theme));
  }

  /** Keep coordinates where they are on the screen, whatever is added outside of this box. */
  hold(box) {
    this.sigma.setCustomBBox(box);
  }

  refresh() {
    this.sigma.scheduleRefresh();
  }

  /** Run what changes a few items; sigma follows the graph by itself. */
  change(run) {
    return run();
  }

  /** Run what changes many items, without sigma following each. */
  changeMuch(run) {
    this.sigma.setGraph(new MultiDirectedGraph());
    try {
      return run();
    } finally {
      this.sigma.setGraph(this.store.graph);
    }
  }

  get camera() {
    return this.sigma.getCamera().getState();
  }

  set camera(state) {
    this.sigma.getCamera().setState(state);
  }

  fit() {
    this.sigma.getCamera().animate({ x: 0.5, y: 0.5, ratio: 1, angle: 0 }, { duration: 220 });
  }

  zoom(factor) {
    const camera = this.sigma.getCamera();
    camera.animate({ ratio: camera.ratio / factor }, { duration: 160 });
  }

  center(id) {
    const node = this.sigma.getNodeDisplayData(id);
    if (!node) return;
    const camera = this.sigma.getCamera();
    const ratio = Math.min(camera.ratio, 0.6);
    camera.animate({ x: node.x, y: node.y, ratio }, { duration: 300 });
  }

  /** Where a node is on the screen, in pixels of the container. */
  spot(id) {
    return this.sigma.graphToViewport(this.store.graph.getNodeAttributes(id));
  }

  kill() {
    this.resized.disconnect();
    this.sigma.kill();
    this.canvas.remove();
  }
}
