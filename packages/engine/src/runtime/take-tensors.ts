import type { CheckpointSource } from "./architecture.ts";
import { Parameters, type TensorValues } from "./parameters.ts";

/** A tensor that a forward pass needs, and where it lies in the checkpoint. */
export interface WantedTensor {
  /** Its name in the forward pass, which is its name in a checkpoint that has a head. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly from: CheckpointSource;
  /** Its name in the checkpoint, where that differs (a bare trunk has no prefix). */
  readonly stored?: string;
}

/** Reads the tensors, checks their shapes, and names folder and tensor in what it throws. */
export async function takeTensors(wanted: readonly WantedTensor[]): Promise<Parameters> {
  const sources = new Set(wanted.map(({ from }) => from));
  const found = new Map<CheckpointSource, ReadonlyMap<string, TensorValues>>();
  for (const source of sources) {
    const names = wanted.filter(({ from }) => from === source).map(({ name, stored = name }) => stored);
    found.set(source, await source.read(names));
  }
  return new Parameters(
    wanted.map(({ name, shape, from, stored = name }) => {
      const tensor = found.get(from)?.get(stored);
      if (tensor === undefined) throw new Error(`${from.folder} has no tensor "${stored}".`);
      if (tensor.shape.join() === shape.join()) return [name, tensor] as const;
      throw new Error(
        `${from.folder}: tensor "${stored}" has shape [${tensor.shape.join(", ")}]; ${from.configFile} asks for [${shape.join(", ")}].`,
      );
    }),
  );
}
