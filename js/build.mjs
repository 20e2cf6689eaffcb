// Builds the one file the widgets load: `node build.mjs OUTFILE`, which prints what went in.

import { readFile, writeFile } from "node:fs/promises";
import * as esbuild from "esbuild";
import { minify } from "terser";

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
      const result = await esbuild.build({ ...common, entryPoints: [path], write: false });
      return { contents: result.outputFiles[0].text, loader: "text" };
    });
  },
};

// What the libraries carry that nothing here calls, neither our code nor theirs.
const entry = (kind, names) =>
  new RegExp(`\\{\\s*name: element => \`[^\`]+\`,\\s*attacher: attach${kind}(?:${names})\\s*\\},?`, "g");
const rare = "AttributeChecker|AttributeUpdater|AttributeRemover|AttributesReplacer|AttributesUpdater";
const uncalled = [
  [/sigma[/\\]dist[/\\]colors-[^/]*\.esm\.js$/, [/(?<=var HTML_COLORS = \{)[^}]*/g]], // colours by name
  [
    /graphology\.mjs$/,
    [
      entry("Node", rare),
      entry("Edge", `${rare}|AttributeSetter`),
      /attach(?:FindEdge|EdgeIteratorCreator|FindNeighbor|NeighborIteratorCreator)\(Graph, description\);/g,
    ],
  ],
];
const narrow = {
  name: "narrow",
  setup(build) {
    for (const [filter, patterns] of uncalled) {
      build.onLoad({ filter }, async ({ path }) => {
        let contents = await readFile(path, "utf8");
        for (const pattern of patterns) {
          const before = contents.length;
          contents = contents.replace(pattern, "");
          if (contents.length === before) throw new Error(`${path} no longer holds ${pattern}`);
        }
        return { contents, loader: "js" };
      });
    }
  },
};

const result = await esbuild.build({
  ...common,
  entryPoints: ["src/index.js"],
  write: false,
  format: "esm",
  plugins: [worker, css, narrow],
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
console.log(JSON.stringify(Object.keys(result.metafile.inputs).sort()));
