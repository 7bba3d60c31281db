import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Dtype,
  dtypes,
  elementCount,
  encodeFromF32,
  isArithmetic,
  type TensorData,
  writeSafetensors,
} from "../src/formats/index.ts";

export interface TensorSpec {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** A reproducible stream of numbers in [-1, 1) (xorshift32). */
function numbers(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 31 - 1;
  };
}

/** A tensor with values of a real checkpoint's size; integers count up and are equal for every seed. */
export function tensorOf({ name, dtype, shape }: TensorSpec, seed: number): TensorData {
  const elements = elementCount(shape);
  const next = numbers(seed * 1000 + name.length + (name.codePointAt(0) ?? 0));
  if (isArithmetic(dtype)) {
    const values = Float32Array.from({ length: elements }, () => next() * 0.05);
    return { name, dtype, shape, data: encodeFromF32(dtype, values) };
  }
  return { name, dtype, shape, data: Uint8Array.from({ length: elements * dtypes[dtype].sizeBytes }, (_, i) => i % 251) };
}

export async function safetensorsBytes(
  tensors: readonly TensorData[],
  metadata?: ReadonlyMap<string, string>,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  await writeSafetensors({ write: (bytes) => void parts.push(bytes) }, tensors, metadata);
  return new Uint8Array(Buffer.concat(parts));
}

export interface FolderOptions {
  readonly shards?: number;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly metadata?: ReadonlyMap<string, string>;
  readonly files?: Readonly<Record<string, string>>;
}

/** Writes a Hugging Face folder. */
export async function writeFolder(
  folder: string,
  tensors: readonly TensorData[],
  { shards = 1, config, metadata, files = {} }: FolderOptions = {},
): Promise<string> {
  await mkdir(folder, { recursive: true });
  if (shards === 1) await writeFile(join(folder, "model.safetensors"), await safetensorsBytes(tensors, metadata));
  else {
    const map: Record<string, string> = {};
    for (let i = 0; i < shards; i += 1) {
      const name = `model-0000${i + 1}-of-0000${shards}.safetensors`;
      const mine = tensors.filter((_, t) => t % shards === i);
      for (const tensor of mine) map[tensor.name] = name;
      await writeFile(join(folder, name), await safetensorsBytes(mine, metadata));
    }
    const total = tensors.reduce((sum, { data }) => sum + data.length, 0);
    await writeFile(
      join(folder, "model.safetensors.index.json"),
      JSON.stringify({ metadata: { total_size: total }, weight_map: map }),
    );
  }
  if (config !== undefined) await writeFile(join(folder, "config.json"), JSON.stringify(config));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

/** sha256 of every file of a folder. */
export async function digestsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const entries = await Promise.all(
    names.map(
      async (name) =>
        [
          name,
          createHash("sha256")
            .update(await readFile(join(folder, name)))
            .digest("hex"),
        ] as const,
    ),
  );
  return Object.fromEntries(entries);
}
