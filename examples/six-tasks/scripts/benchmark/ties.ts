import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mergeToFolder, parseRecipe } from "@amalgam/engine/merge";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import { openNetwork, trunkTensors } from "@amalgam/engine/runtime";

interface TiesRequest {
  readonly folder: string;
  readonly tasks: readonly string[];
  readonly density: number;
  readonly lambda: number;
}

/** TIES by the engine that everybody uses, through files. */
export async function tiesMerge({ folder, tasks, density, lambda }: TiesRequest): Promise<TensorMap> {
  const model = (name: string) => join(folder, "fixtures", name);
  const place = await mkdtemp(join(tmpdir(), "six-tasks-"));
  try {
    const outDir = join(place, "out");
    const parents = tasks.map((task) => ({ model: model(task), density }));
    const recipe = parseRecipe({ method: "ties", base: model("base"), parents, parameters: { lambda } });
    const options = {
      recipe,
      base: model("base"),
      parents: tasks.map(model),
      outDir,
      digests: "skip",
      durable: false,
      hash: false,
    } as const;
    await mergeToFolder(options);
    const network = await openNetwork(outDir, { head: "classification", headFrom: model(tasks[0] ?? "") });
    const trunk = new Map(trunkTensors(network).map((name) => [name, network.parameters.values(name)]));
    network.dispose();
    return trunk;
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}
