// Bundles the program over tsc's output: a cold start reads a dozen files where it would read four hundred.
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const outdir = here("dist");

for (const name of readdirSync(outdir)) if (name.startsWith("chunk-")) rmSync(`${outdir}/${name}`);
await build({
  entryPoints: {
    main: here("src/main.ts"),
    // Threads of a merge start from the file `worker.js` beside the code that starts them: here, beside every chunk.
    worker: here("../../packages/engine/dist/merge/run/worker.js"),
  },
  outdir,
  bundle: true,
  splitting: true,
  chunkNames: "chunk-[hash]",
  platform: "node",
  format: "esm",
  target: "node20",
  sourcemap: "linked",
  // Packages in CommonJS ask for Node's own modules by `require`, which a module has not.
  banner: { js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' },
  // What carries native code, or is loaded by a few commands only, stays a package of its own.
  external: ["@amalgam/local", "@amalgam/tfjs-backend-ort", "@tensorflow/*", "@huggingface/*", "tsx"],
});
