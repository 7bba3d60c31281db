import type { Adapter, AdapterModule, AdapterTensor } from "./adapters/index.ts";
import { openAdapter } from "./adapters/index.ts";
import { type Checkpoint, type CheckpointTensor, openCheckpoint } from "./checkpoint.ts";
import type { TensorHeader } from "./checkpoint-header.ts";
import { refuse } from "./fault.ts";

/** A checkpoint, with an adapter that is baked in while its tensors are read. */
export interface OpenModel extends Checkpoint {
  readonly adapter: OpenAdapter | null;
}

export interface OpenAdapter {
  readonly folder: string;
  readonly modules: ReadonlyMap<string, AdapterModule>;
  /** Index into `files` of the adapter's weights */
  readonly file: number;
}

/**
 * Opens a model of a merge: a checkpoint, and the adapter to be baked into it, if there is one.
 * @throws RefusedError for what is wrong with either, or when the adapter was made for another model
 */
export async function openModel(path: string, adapterPath: string | null, label: string = path): Promise<OpenModel> {
  const checkpoint = await openCheckpoint(path, label);
  if (adapterPath === null) return { ...checkpoint, adapter: null };
  const adapter = await openAdapter(adapterPath, `${label} with ${adapterPath}`);
  return adapted(checkpoint, adapter);
}

function adapted(checkpoint: Checkpoint, adapter: Adapter): OpenModel {
  const { files, header } = checkpoint;
  const tensors = new Map(checkpoint.tensors);
  for (const name of [...adapter.modules.keys(), ...adapter.saved.keys()]) {
    if (!tensors.has(name))
      throw refuse(
        "ADAPTER_MISMATCH",
        `${adapter.label}: the adapter changes ${name}, which ${header.label} does not have; use it with the model it was trained on.`,
      );
  }
  const file = files.length;
  // A module that was trained as a whole stands in place of the checkpoint's.
  for (const [name, saved] of adapter.saved) tensors.set(name, savedTensor(name, saved, file));
  const modules = new Map(
    [...adapter.modules].map(([name, { rank, shape: [rows, columns] }]) => [name, { rows, columns, rank }] as const),
  );
  const headers = [...tensors.values()].map(({ name, dtype, shape }): TensorHeader => ({ name, dtype, shape }));
  const [weights] = [...adapter.modules.values()];
  return {
    ...checkpoint,
    files: weights === undefined ? files : [...files, weights.a.file],
    tensors,
    header: { ...header, tensors: headers, adapter: { label: adapter.label, modules } },
    adapter: { folder: adapter.folder, modules: adapter.modules, file },
  };
}

const savedTensor = (name: string, { dtype, shape, begin, end }: AdapterTensor, file: number): CheckpointTensor => ({
  name,
  dtype,
  shape,
  file,
  begin,
  end,
});
