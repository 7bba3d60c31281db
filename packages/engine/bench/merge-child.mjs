// node merge-child.mjs OPTIONS → one line of JSON: what a merge in a process of its own takes.
import { readFileSync } from "node:fs";
import { mergeToFolder, openCheckpoint, parseRecipe, plan } from "@amalgam/engine/merge";

const { recipe, threads, ...options } = JSON.parse(process.argv[2] ?? "");
const parsed = parseRecipe(recipe);
const header = async (path) => (await openCheckpoint(path)).header;
const base = options.base === null ? null : await header(options.base);
const parents = await Promise.all(options.parents.map(header));
const forecastBytes = plan(parsed, { base, parents }).peakMemoryBytes(threads);
const { seconds } = await mergeToFolder({ ...options, recipe: parsed, threads });
// The kernel's high-water mark of resident memory.
const peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
console.log(JSON.stringify({ seconds, peakBytes: peakKb * 1024, forecastBytes }));
