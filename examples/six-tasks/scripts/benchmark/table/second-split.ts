import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { scoreTrunk } from "@amalgam/engine/laboratory";
import type { CorrectBits } from "@amalgam/engine/scores";
import type { Arm } from "../arms.ts";
import type { SixTasks } from "../laboratory.ts";
import { bitsToJson, type JsonBits, jsonToBits, type SeedResults } from "../results.ts";

/** By arm, which items of every task it gets right. */
export type SplitBits = ReadonlyMap<string, readonly CorrectBits[]>;

/**
 * What the incumbents of a finished seed get on the second test split. Nothing is chosen here: the λ are those that the search has found.
 * @param arms made only when the file is not there, since they need Fisher information
 */
export async function secondSplit(
  { laboratory, examples }: SixTasks,
  results: SeedResults,
  arms: () => Promise<readonly Arm[]>,
  file: string,
): Promise<SplitBits> {
  if (existsSync(file)) {
    const stored = JSON.parse(readFileSync(file, "utf8")) as Record<string, readonly JsonBits[]>;
    return new Map(Object.entries(stored).map(([id, bits]) => [id, bits.map(jsonToBits)]));
  }
  const found = new Map<string, readonly CorrectBits[]>();
  for (const arm of await arms()) {
    const tuned = results.arms.get(arm.id);
    if (tuned !== undefined) found.set(arm.id, await scoreTrunk(laboratory, await arm.merge(tuned.params), examples.second));
  }
  const stored = Object.fromEntries([...found].map(([id, bits]) => [id, bits.map(bitsToJson)]));
  writeFileSync(`${file}.partial`, JSON.stringify(stored));
  renameSync(`${file}.partial`, file);
  return found;
}
