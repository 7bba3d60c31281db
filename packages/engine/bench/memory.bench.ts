import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeModelsSharing } from "./checkpoints.ts";
import { type Models, optionsFor, recipeFor } from "./merge-options.ts";
import { inScratch, type Line, line, median } from "./side-by-side.ts";

const child = fileURLToPath(new URL("./merge-child.mjs", import.meta.url));
const methods = ["linear", "ties", "della", "model_stock"];
const threads = 2;
const rounds = 3;
const factor = 16;

interface Peak {
  readonly peakBytes: number;
  readonly forecastBytes: number;
}

/** Merges in a process of its own, which loads the build and nothing else. */
async function peakOf(method: string, models: Models): Promise<Peak> {
  const { outDir, base, parents, digests, durable, hash } = optionsFor(method, models);
  const options = { recipe: recipeFor(method, models), outDir, base, parents, digests, durable, hash, threads };
  const { status, stdout, stderr } = spawnSync(process.execPath, [child, JSON.stringify(options)], { encoding: "utf8" });
  await rm(outDir, { recursive: true, force: true });
  if (status !== 0) throw new Error(`The merge in a process of its own failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** Peak of resident memory of large models against models a 16th the size, and against the forecast. `sizeMb`: small ones together */
const run = ({ sizeMb = 128 }: { sizeMb?: number | undefined }): AsyncIterable<Line> =>
  inScratch(async function* (root) {
    const [smallMb, largeMb] = [sizeMb / 4, (factor * sizeMb) / 4];
    const small = { root, ...(await writeModelsSharing(join(root, "small"), smallMb)) };
    const large = { root, ...(await writeModelsSharing(join(root, "large"), largeMb)) };
    for (const method of methods) {
      const peaks: { small: Peak; large: Peak }[] = [];
      for (let round = 0; round < rounds; round += 1)
        peaks.push({ small: await peakOf(method, small), large: await peakOf(method, large) });
      const [first] = peaks;
      const peak = (side: "small" | "large"): number => median(peaks.map((each) => each[side].peakBytes)) / 1e6;
      const metric = `${method}, peak memory of merging 4 × ${largeMb} MB`;
      yield line("memory", metric, "MB", peak("large"), `4 × ${smallMb} MB`, peak("small"));
      yield line("memory", metric, "MB", peak("large"), "forecast of the plan", (first?.large.forecastBytes ?? 0) / 1e6);
    }
  });

export const benches = [{ name: "memory", run }];
