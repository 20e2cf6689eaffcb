// Builds the one file the widgets load: `node build.mjs OUTFILE`, which prints what went in.

import { writeFile } from "node:fs/promises";
import * as esbuild from "esbuild";
import { minify } from "terser";

const common = {
  bundle: true,
  minify: true,
  target: "es2022",
  legalComments: "none",
  charset: "utf8",
};

const inputs = new Set(); // of workers, which the bundle holds as text

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
        stdin: { contents: `export * from ${JSON.stringify(path)};`, ...pluginData },
        format: "esm",
        write: false,
        metafile: true,
      });
      Object.keys(result.metafile.inputs).forEach((input) => inputs.add(input));
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
  write: false,
  format: "esm",
  plugins: [worker, css],
  metafile: true,
});
// terser takes a few kilobytes more off what esbuild has made small.
const { code } = await minify(result.outputFiles[0].text, {
  module: true,
  ecma: 2020,
  compress: { passes: 3 },
  format: { preamble: "/* nerv-lab. Licences of what is bundled: THIRD_PARTY_LICENSES.txt */" },
});
await writeFile(process.argv[2], code);
Object.keys(result.metafile.inputs).forEach((input) => inputs.add(input));
console.log(JSON.stringify([...inputs].sort()));
