// Builds the one file the widgets load: `node build.mjs OUTFILE`, which prints what went in.

import * as esbuild from "esbuild";

const common = {
  bundle: true,
  minify: true,
  target: "es2022",
  legalComments: "none",
  charset: "utf8",
  alias: {
    "d3-color": "./src/unused.js",
    "d3-time-format": "./src/unused.js",
    "d3-transition": "./src/unused.js",
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
      const result = await esbuild.build({
        ...common,
        stdin: { contents: `import ${JSON.stringify(path)};`, ...pluginData },
        format: "iife",
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
      const result = await esbuild.build({ ...common, entryPoints: [path], write: false });
      return { contents: result.outputFiles[0].text, loader: "text" };
    });
  },
};

const result = await esbuild.build({
  ...common,
  entryPoints: ["src/index.js"],
  outfile: process.argv[2],
  format: "esm",
  banner: { js: "/* nerv-lab. Licences of what is bundled: THIRD_PARTY_LICENSES.txt */" },
  plugins: [worker, css],
  metafile: true,
});
console.log(JSON.stringify(Object.keys(result.metafile.inputs).sort()));
