import { createHash } from "node:crypto";
import type { StatisticAbout, TaskVectorStatistics } from "@amalgam/engine/statistics";
import { digestOf } from "./digest-of.ts";
import type { Live } from "./measure-statistics.ts";

/** How the task vectors of models relate; written as a file, with its key, where one is named. */
export async function relateModels(
  base: string,
  models: readonly string[],
  { density, out }: { readonly density: number; readonly out: string | null },
  { signal, onProgress }: Live,
): Promise<TaskVectorStatistics & { readonly key: string | null }> {
  const { estimatorVersions, taskVectorStatistics, taskVectorsToTensors, writeStatistic } = await import(
    "@amalgam/engine/statistics"
  );
  const found = await taskVectorStatistics(base, models, { density, signal, onProgress });
  if (out === null) return { ...found, key: null };
  const digests: string[] = [];
  for (const model of [base, ...models]) digests.push(await digestOf(model, signal));
  const [ofBase = "", ...ofModels] = digests;
  const about: StatisticAbout = {
    ...{
      kind: "task-vectors",
      estimator: "task-vectors",
      estimatorVersion: estimatorVersions["task-vectors"],
      settings: { density },
    },
    model: createHash("sha256").update(ofModels.join("\n")).digest("hex"),
    ...{ base: ofBase, lambda: 1, data: null, examples: 0, seed: null },
  };
  return { ...found, key: await writeStatistic(out, about, taskVectorsToTensors(found)) };
}
