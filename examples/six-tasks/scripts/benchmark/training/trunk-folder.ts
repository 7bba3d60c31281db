import { existsSync } from "node:fs";
import { type Laboratory, saveTrunk } from "@amalgam/engine/laboratory";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import { openNetwork, trunkTensors } from "@amalgam/engine/runtime";

/** The trunk in a model's folder. @param headFrom a classifier of the same shape */
export async function readTrunk(folder: string, headFrom: string): Promise<TensorMap> {
  const network = await openNetwork(folder, { head: "classification", headFrom });
  const trunk = new Map(trunkTensors(network).map((name) => [name, network.parameters.values(name).slice()]));
  network.dispose();
  return trunk;
}

/** Trains a trunk into a folder unless it is there. */
export async function trainedInto(
  folder: string,
  { laboratory, base }: { laboratory: Laboratory; base: string },
  train: () => Promise<TensorMap>,
): Promise<void> {
  if (existsSync(folder)) return;
  await saveTrunk(folder, await train(), { base, laboratory, metadata: {} }, async () => {});
}
