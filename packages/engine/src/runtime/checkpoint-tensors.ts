import { access, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { decodeToF32, fileSource, isArithmetic, readHeader, type TensorEntry } from "../formats/index.ts";
import type { TensorValues } from "./parameters.ts";

export interface CheckpointTensors {
  readonly tensors: ReadonlyMap<string, TensorValues>;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * The tensors of a Hugging Face folder (`model.safetensors`, or shards with `model.safetensors.index.json`) for which `wanted`
 * holds, widened to F32.
 */
export async function readCheckpointTensors(
  dir: string,
  wanted: (name: string) => boolean = () => true,
): Promise<CheckpointTensors> {
  const tensors = new Map<string, TensorValues>();
  const metadata = new Map<string, string>();
  for (const file of await weightFiles(dir)) {
    for (const [key, value] of await readTensorFile(file, wanted, tensors)) metadata.set(key, value);
  }
  return { tensors, metadata };
}

/** Reads one safetensors file into `tensors` and returns its metadata. */
export async function readTensorFile(
  file: string,
  wanted: (name: string) => boolean,
  tensors: Map<string, TensorValues>,
): Promise<ReadonlyMap<string, string>> {
  const source = await fileSource(file);
  try {
    const header = await readHeader(source);
    for (const entry of header.tensors) {
      if (!wanted(entry.name)) continue;
      const bytes = new Uint8Array(entry.end - entry.begin);
      await source.read(entry.begin, bytes);
      tensors.set(entry.name, { shape: entry.shape, values: widen(entry, bytes, file) });
    }
    return header.metadata;
  } finally {
    await source.close();
  }
}

function widen({ name, dtype }: TensorEntry, bytes: Uint8Array, file: string): Float32Array {
  if (!isArithmetic(dtype)) throw new Error(`${file}: tensor "${name}" is ${dtype}; a model is read from F32, F16 or BF16.`);
  return decodeToF32(dtype, bytes);
}

export async function weightFiles(dir: string): Promise<string[]> {
  const single = join(dir, "model.safetensors");
  if (await exists(single)) return [single];
  const indexFile = join(dir, "model.safetensors.index.json");
  if (!(await exists(indexFile))) throw new Error(`${dir} has neither model.safetensors nor model.safetensors.index.json.`);
  const index: unknown = await readJson(indexFile);
  const shards = typeof index === "object" && index !== null && "weight_map" in index ? index.weight_map : null;
  if (typeof shards !== "object" || shards === null) throw new Error(`${indexFile}: weight_map: missing.`);
  return [...new Set(Object.values(shards))].sort().map((shard: unknown) => {
    if (typeof shard !== "string" || shard !== basename(shard)) {
      throw new Error(`${indexFile}: weight_map: ${JSON.stringify(shard)} is not the name of a file in the same folder.`);
    }
    return join(dir, shard);
  });
}

export async function readJson(file: string): Promise<unknown> {
  const content = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Error(error.code === "ENOENT" ? `${file} is missing.` : `${file} cannot be read: ${error.message}.`);
  });
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new Error(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
