import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import {
  type Manifest,
  methodChange,
  openCheckpoint,
  parseManifest,
  type Reproduction,
  reproduceMerge,
} from "@amalgam/engine/merge";
import { defineCommand } from "citty";
import { Interrupted, refusal } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { compareCheckpoints } from "../local/compare-checkpoints.ts";
import { type FirstDifference, firstDifference } from "../local/first-difference.ts";
import { givenParents, locateModels } from "../local/manifest-models.ts";
import { jsonOption, wholeNumber } from "../options.ts";
import { formatDigest, plural, printable } from "../terminal/format.ts";
import { note, print, printJson } from "../terminal/output.ts";
import { startProgress } from "../terminal/progress.ts";

/** A tensor that is not as it was; `first` is null when there is nothing to compare it with, element by element. */
interface DifferingTensor {
  readonly name: string;
  readonly first: FirstDifference | null;
}

export const reproduce = defineCommand({
  meta: {
    name: "reproduce",
    description: "Repeat a merge from its amalgam.json and compare every file; exit 1 when one differs",
  },
  args: {
    manifest: { type: "positional", required: true, description: "amalgam.json of the merge, or its folder" },
    out_dir: { type: "positional", required: false, description: "Folder to make; default a scratch folder that is removed" },
    models: {
      type: "string",
      valueHint: "dir",
      description: "Folder with the models; default that of the manifest, and the one around it",
    },
    base: { type: "string", valueHint: "path", description: "Where the base is" },
    parent: { type: "string", valueHint: "n=path", description: "Where parent N is, counted from 0; may be given for each" },
    threads: { type: "string", valueHint: "n", description: "Worker threads; default one for each core" },
    force: { type: "boolean", description: "Go on although the method has changed since" },
    ...jsonOption,
  },
  async run({ args, rawArgs }) {
    const threads = wholeNumber(args.threads, "--threads", { min: 1, max: 256 });
    const { manifest, folder } = await readManifest(path.resolve(args.manifest));
    const change = methodChange(manifest);
    if (change !== null && args.force !== true)
      throw refusal("METHOD_CHANGED", `${change} Give --force to merge all the same.`, ["method", "version"]);
    if (change !== null) note(change);
    const parents = givenParents(rawArgs, manifest.recipe.parents.length);
    const inputs = await locateModels(manifest, { folder, modelsFolder: args.models, base: args.base, parents });
    if (manifest.models.some(({ digest }) => digest === null))
      note("The manifest holds no digest of some models: they are taken as they are.");
    const given = args.out_dir === undefined ? null : path.resolve(args.out_dir);
    const scratch = given === null ? await mkdtemp(path.join(os.tmpdir(), "amalgam-reproduce-")) : null;
    const outDir = given ?? path.join(scratch ?? "", "out");
    const progress = startProgress("Merging");
    try {
      const work = { manifest, folder, ...inputs, outDir, threads, durable: given !== null };
      const [reproduction, tensors] = await interruptible(async (signal) => {
        const made = await reproduceMerge({
          ...work,
          signal,
          onProgress: ({ bytesRead, bytesTotal, bytesPerSecond }) =>
            progress.update({ done: bytesRead, total: bytesTotal, rate: bytesPerSecond }),
        });
        progress.finish();
        return [made, await differingTensors(made, folder, outDir, signal)] as const;
      });
      if (args.json === true) printJson(summary(manifest, reproduction, tensors, given));
      else show(manifest, reproduction, tensors, given);
      // Not a refusal: the answer has been given, and it is no.
      if (!reproduction.same) throw new Interrupted("The merge was not reproduced.", 1);
    } finally {
      progress.finish();
      if (scratch !== null) await rm(scratch, { recursive: true, force: true });
    }
  },
});

async function readManifest(given: string): Promise<{ manifest: Manifest; folder: string }> {
  const isFolder = (await stat(given).catch(() => null))?.isDirectory() === true;
  const file = isFolder ? path.join(given, "amalgam.json") : given;
  return { manifest: parseManifest(await readFile(file, "utf8"), file), folder: path.dirname(file) };
}

/** Tensors of the result that differ from those beside the manifest; null when these are not there or cannot be read. */
async function differingTensors(
  { files }: Reproduction,
  folder: string,
  outDir: string,
  signal: AbortSignal,
): Promise<DifferingTensor[] | null> {
  if (files.every(({ path: name, outcome }) => outcome === "same" || !name.endsWith(".safetensors"))) return [];
  const before = await openCheckpoint(folder).catch(() => null);
  if (before === null) return null;
  const after = await openCheckpoint(outDir);
  const { changed, reshaped, onlyInA, onlyInB } = await compareCheckpoints(before, after, { signal });
  const names = [...changed, ...reshaped].map(({ name }) => name);
  const found: DifferingTensor[] = [];
  for (const name of names) found.push({ name, first: await firstDifference(name, before, after) });
  return [...found, ...[...onlyInA, ...onlyInB].map((name) => ({ name, first: null }))];
}

const summary = (
  { identity, engine, method }: Manifest,
  { same, files, report }: Reproduction,
  tensors: readonly DifferingTensor[] | null,
  outDir: string | null,
) => ({
  same,
  identity: { was: identity, is: report.identity },
  method,
  engine: engine ?? null,
  files,
  tensors,
  outDir,
  seconds: report.seconds,
});

function show(
  { identity, method }: Manifest,
  { same, files, report }: Reproduction,
  tensors: readonly DifferingTensor[] | null,
  outDir: string | null,
): void {
  if (outDir !== null) print(`Merged into ${outDir}`);
  if (same) {
    print(`The same: ${plural(files.length, "file")}, byte for byte.`);
    print(
      `${method.id} version ${method.version}${report.identity === null ? "" : `, identity ${formatDigest(report.identity)}`}`,
    );
    return;
  }
  const others = files.filter(({ outcome }) => outcome !== "same");
  print(`${plural(others.length, "file")} of ${files.length} ${others.length === 1 ? "is" : "are"} not the same:`);
  for (const { path: name, outcome } of others) print(`  ${printable(name, 200)}: ${words[outcome]}`);
  if (identity !== report.identity) print(`identity ${report.identity ?? "unknown"}, was ${identity ?? "unknown"}`);
  if (tensors === null) print("The merged weights are not beside the manifest, so tensors cannot be compared.");
  for (const { name, first } of tensors ?? []) print(`  ${printable(name, 200)}${first === null ? "" : `: ${describe(first)}`}`);
}

const words = {
  same: "the same",
  differs: "other bytes",
  missing: "was there and is no more",
  new: "was not there",
  unknown: "cannot be compared, as the manifest holds no digest of it and it is not beside it",
} as const;

const describe = ({ element, values }: FirstDifference): string =>
  `first at element ${element}${values === null ? "" : `, ${values[1]} instead of ${values[0]}`}`;
