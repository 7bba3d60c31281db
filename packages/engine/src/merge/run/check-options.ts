import { realpath, statfs } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import type { Checkpoint } from "../checkpoint.ts";
import { type RefusedError, refuse } from "../fault.ts";
import type { MergeOptions } from "./merge-options.ts";

/** Refuses numbers that no run can use, and options that contradict each other; what is left only decides speed and memory. */
export function checkOptions(options: MergeOptions): void {
  const ranges = { threads: [1, 256], tileBytes: [16_384, 64 << 20], maxShardBytes: [1, Number.MAX_SAFE_INTEGER] } as const;
  for (const name of ["threads", "tileBytes", "maxShardBytes"] as const) {
    const value = options[name];
    const [min, max] = ranges[name];
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) continue;
    throw refuse("OPTION_INVALID", `${name} must be an integer from ${min} to ${max}, not ${value}.`, [name]);
  }
  if (options.resume === true && options.durable === false)
    throw refuse("OPTION_INVALID", "resume needs durable: what is not on disk cannot be gone on with.", ["resume"]);
}

/** Where a path that need not exist would really be. */
async function placeOf(path: string): Promise<string> {
  const real = await realpath(path).catch(() => null);
  if (real !== null) return real;
  const parent = dirname(path);
  return parent === path ? path : join(await placeOf(parent), basename(path));
}

/** Refuses a result that would become part of one of its models: its files would change the model's digest. */
export async function checkPlace(outDir: string, models: readonly Checkpoint[]): Promise<void> {
  const out = await placeOf(resolve(outDir));
  for (const { folder, isFolder, header } of models) {
    if (!isFolder) continue;
    const model = await realpath(folder);
    if (out !== model && !out.startsWith(model.endsWith(sep) ? model : model + sep)) continue;
    const where = out === model ? "is the folder" : "lies inside the folder";
    throw refuse("OUTPUT_IN_MODEL", `${outDir} ${where} of ${header.label}; choose a folder outside of the models.`, ["outDir"]);
  }
}

/** Refuses early what cannot fit. */
export async function checkRoom(outDir: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(resolve(outDir)));
  const free = bavail * bsize;
  if (free < neededBytes) throw diskFull(outDir, `the result needs ${neededBytes} bytes, ${free} are free`);
}

export const diskFull = (outDir: string, why: string, kept = "Nothing was kept."): RefusedError =>
  refuse("DISK_FULL", `No space is left for ${outDir}: ${why}. ${kept}`, ["outDir"]);
