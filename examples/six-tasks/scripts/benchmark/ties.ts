import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mergeToFolder, parseRecipe } from "@amalgam/engine/merge";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import { readTrunk } from "./training/trunk-folder.ts";

interface TiesRequest {
  /** Folders of the base and its experts. */
  readonly base: string;
  readonly experts: readonly string[];
  /** Where the result's head comes from, which is not looked at; default: the first expert. */
  readonly headFrom?: string;
  readonly density: number;
  readonly lambda: number;
}

/** TIES by the engine that everybody uses, through files. */
export async function tiesMerge({
  base,
  experts,
  headFrom = experts[0] ?? base,
  density,
  lambda,
}: TiesRequest): Promise<TensorMap> {
  const place = await mkdtemp(join(tmpdir(), "six-tasks-"));
  try {
    const outDir = join(place, "out");
    const parents = experts.map((model) => ({ model, density }));
    const recipe = parseRecipe({ method: "ties", base, parents, parameters: { lambda } });
    await mergeToFolder({ recipe, base, parents: experts, outDir, digests: "skip", durable: false, hash: false });
    return await readTrunk(outDir, headFrom);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
