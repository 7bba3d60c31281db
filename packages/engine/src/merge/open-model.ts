import { readdir } from "node:fs/promises";
import type { Adapter, AdapterModule, AdapterTensor } from "./adapters/index.ts";
import { openAdapter } from "./adapters/index.ts";
import { type Checkpoint, type CheckpointTensor, openCheckpoint } from "./checkpoint.ts";
import type { TensorHeader } from "./checkpoint-header.ts";
import { refuse } from "./fault.ts";

/** A checkpoint, with an adapter that is baked in while its tensors are read. */
export interface OpenModel extends Checkpoint {
  readonly adapter: OpenAdapter | null;
  /** An adapter on its own */
  readonly lora?: Adapter;
}

export interface OpenAdapter {
  readonly folder: string;
  readonly modules: ReadonlyMap<string, AdapterModule>;
  /** Index into `files` of the adapter's weights */
  readonly file: number;
}

/**
 * Opens a model of a merge: a checkpoint, and the adapter to be baked into it, if there is one; or an adapter on its own, which is
 * a folder with adapter_config.json and no model beside it.
 * @throws RefusedError for what is wrong with either, or when the adapter was made for another model
 */
export async function openModel(path: string, adapterPath: string | null, label: string = path): Promise<OpenModel> {
  if (await isAdapterFolder(path)) return loneAdapter(await openAdapter(path, label), adapterPath);
  const checkpoint = await openCheckpoint(path, label);
  if (adapterPath === null) return { ...checkpoint, adapter: null };
  const adapter = await openAdapter(adapterPath, `${label} with ${adapterPath}`);
  return adapted(checkpoint, adapter);
}

async function isAdapterFolder(path: string): Promise<boolean> {
  const names = await readdir(path).catch((): string[] => []);
  return (
    names.includes("adapter_config.json") && !names.some((name) => name === "model.safetensors" || name.endsWith(".index.json"))
  );
}

function loneAdapter(adapter: Adapter, other: string | null): OpenModel {
  const { label, folder, config, modules, saved } = adapter;
  if (other !== null)
    throw refuse(
      "ADAPTER_UNSUPPORTED",
      `${label} is an adapter, into which ${other} cannot be baked; name a model in its place.`,
    );
  const factors = [...modules.values()].flatMap(({ a, b }) => [a, b]);
  const tensors = new Map([...factors, ...saved.values()].map((tensor) => [tensor.name, savedTensor(tensor.name, tensor, 0)]));
  const lora = {
    modules: new Map([...modules].map(([name, { rank, layout, shape }]) => [name, { rank, layout, shape }])),
    saved: [...saved.keys()],
    baseModel: config.baseModel,
  };
  const headers = [...tensors.values()].map(({ name, dtype, shape }): TensorHeader => ({ name, dtype, shape }));
  return {
    ...{ folder, isFolder: true, adapter: null, lora: adapter },
    files: factors.slice(0, 1).map(({ file }) => file),
    tensors,
    header: { label, config: null, space: "adapter", tensors: headers, lora },
  };
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
    [...adapter.modules].map(
      ([
        name,
        {
          rank,
          shape: [rows, columns],
        },
      ]) => [name, { rows, columns, rank }] as const,
    ),
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
