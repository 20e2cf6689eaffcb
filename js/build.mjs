// Builds the one file the widgets load: `node build.mjs OUTFILE`, which prints what went in.

import { readFile } from "node:fs/promises";
import * as esbuild from "esbuild";

const common = {
  bundle: true,
  minify: true,
  target: "es2022",
  legalComments: "none",
  charset: "utf8",
  alias: {
    "d3-color": "./src/unused.js",
    "d3-format": "./src/unused.js",
    "d3-interpolate": "./src/interpolate.js",
    "d3-time-format": "./src/unused.js",
    "d3-transition": "./src/unused.js",
    events: "./src/emitter.js",
  },
};

// `import source from "worker:./file.js"`: the file, bundled by itself, as text for a Blob.
const worker = {
  name: "worker",
  setup(build) {
    build.onResolve({ filter: /^worker:/ }, ({ path, resolveDir }) => ({
      path: path.slice("worker:".length),
      namespace: "worker",
      pluginData: { resolveDir },
    }));
    build.onLoad({ filter: /.*/, namespace: "worker" }, async ({ path, pluginData }) => {
      // sigma's table of the colours that have names: ours are all written in numbers.
const colours = {
  name: "colours",
  setup(build) {
    build.onLoad({ filter: /sigma[/\\]dist[/\\]colors-[^/]*\.esm\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replace(/var HTML_COLORS = \{[^}]*\};/, "var HTML_COLORS = {};");
      if (contents === source) throw new Error(`${path} no longer holds the table of colours`);
      return { contents, loader: "js" };
    });
  },
};

const result = await esbuild.build({
        ...common,
        stdin: { contents: `export * from ${JSON.stringify(path)};`, ...pluginData },
        format: "esm",
        write: false,
      });
      return { contents: result.outputFiles[0].text, loader: "text" };
    });
  },
};

const css = {
  name: "css",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      // sigma's table of the colours that have names: ours are all written in numbers.
const colours = {
  name: "colours",
  setup(build) {
    build.onLoad({ filter: /sigma[/\\]dist[/\\]colors-[^/]*\.esm\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replace(/var HTML_COLORS = \{[^}]*\};/, "var HTML_COLORS = {};");
      if (contents === source) throw new Error(`${path} no longer holds the table of colours`);
      return { contents, loader: "js" };
    });
  },
};

const result = await esbuild.build({ ...common, entryPoints: [path], write: false });
      return { contents: result.outputFiles[0].text, loader: "text" };
    });
  },
};

// sigma's table of the colours that have names: ours are all written in numbers.
const colours = {
  name: "colours",
  setup(build) {
    build.onLoad({ filter: /sigma[/\\]dist[/\\]colors-[^/]*\.esm\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const contents = source.replace(/var HTML_COLORS = \{[^}]*\};/, "var HTML_COLORS = {};");
      if (contents === source) throw new Error(`${path} no longer holds the table of colours`);
      return { contents, loader: "js" };
    });
  },
};

const result = await esbuild.build({
  ...common,
  entryPoints: ["src/index.js"],
  outfile: process.argv[2],
  format: "esm",
  banner: { js: "/* nerv-lab. Licences of what is bundled: THIRD_PARTY_LICENSES.txt */" },
  plugins: [worker, css, colours],
  metafile: true,
});
console.log(JSON.stringify(Object.keys(result.metafile.inputs).sort()));
