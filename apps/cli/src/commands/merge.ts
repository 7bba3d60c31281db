import path from "node:path";
import { defineCommand } from "citty";
import { interruptible } from "../interrupt.ts";
import { mergeRecipeFile, type StagesReport } from "../local/merge-stages.ts";
import { byteSize, jsonOption, wholeNumber } from "../options.ts";
import { formatBytes, formatDigest, formatDuration, plural, printable } from "../terminal/format.ts";
import { note, print, printJson } from "../terminal/output.ts";
import { startProgress } from "../terminal/progress.ts";

export const merge = defineCommand({
  meta: { name: "merge", description: "Merge local checkpoints into a new Hugging Face folder; needs no server" },
  args: {
    recipe: {
      type: "positional",
      required: true,
      description: "Recipe in YAML or JSON, or a mergekit configuration; models are paths relative to it",
    },
    out_dir: { type: "positional", required: true, description: "Folder to make; must not exist" },
    threads: { type: "string", valueHint: "n", description: "Worker threads; default one for each core" },
    tile: {
      type: "string",
      valueHint: "bytes",
      description: "Bytes of each input that a worker holds at a time, 16KiB to 64MiB; default 256KiB",
    },
    seed: { type: "string", valueHint: "n", description: "Overrides the seed of the recipe" },
    "max-shard-size": { type: "string", valueHint: "bytes", description: "Cut larger results into shards; default 5GB" },
    resume: {
      type: "boolean",
      description: "Go on where an earlier run ended early; if this one does, too, what is finished is kept",
    },
    ...jsonOption,
  },
  async run({ args }) {
    const resume = args.resume === true;
    const options = {
      resume,
      threads: wholeNumber(args.threads, "--threads", { min: 1, max: 256 }),
      tileBytes: byteSize(args.tile, "--tile", { min: 2 ** 14, max: 2 ** 26 }),
      maxShardBytes: byteSize(args["max-shard-size"], "--max-shard-size"),
    };
    const seed = wholeNumber(args.seed, "--seed");
    const outDir = path.resolve(args.out_dir);
    const progress = startProgress("Merging");
    try {
      const report = await interruptible(
        (signal) =>
          mergeRecipeFile(args.recipe, {
            ...options,
            seed,
            outDir,
            signal,
            onStage: ({ name, number, count }) =>
              note(`Step ${number} of ${count}${name === null ? "" : `: ${printable(name, 200)}`}`),
            onNote: (each) => note(printable(each, 1000)),
            onProgress: ({ bytesRead, bytesTotal, bytesPerSecond, tensorsDone, tensorsTotal }) =>
              progress.update({
                done: bytesRead,
                total: bytesTotal,
                rate: bytesPerSecond,
                note: `${tensorsDone} of ${plural(tensorsTotal, "tensor")}`,
              }),
          }),
        resume ? "Cancelled; what is finished is kept, and the same command goes on from there." : undefined,
      );
      progress.finish();
      if (args.json === true) printJson({ ...report, outDir });
      else show(report, outDir);
    } finally {
      progress.finish();
    }
  },
});

function show(
  { files, bytesRead, bytesWritten, seconds, threads, peakRssBytes, recipeNotes, notes, identity }: StagesReport,
  outDir: string,
): void {
  for (const each of [...recipeNotes, ...notes]) note(printable(each, 1000));
  print(`Merged into ${outDir}`);
  print(`read ${formatBytes(bytesRead)}, wrote ${formatBytes(bytesWritten)} in ${plural(files.length, "file")}`);
  print(`${formatDuration(seconds)} on ${plural(threads, "thread")}, peak memory ${formatBytes(peakRssBytes)}`);
  if (identity !== null) print(`identity ${formatDigest(identity)}`);
}
