import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TensorData, writeSafetensors } from "@amalgam/engine/formats";

export interface TinyTensor {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** The bytes of a safetensors file of F32 tensors, by the engine's own writer. */
export async function tinyFile(
  tensors: Readonly<Record<string, TinyTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const data: TensorData[] = Object.entries(tensors).map(([name, { shape, values }]) => ({
    name,
    dtype: "F32",
    shape,
    data: new Uint8Array(Float32Array.from(values).buffer),
  }));
  await writeSafetensors({ write: (bytes) => void pieces.push(bytes) }, data, new Map(Object.entries(metadata)));
  return Buffer.concat(pieces);
}

export const weights = (scale: number): Record<string, TinyTensor> => ({
  "encoder.weight": { shape: [2, 3], values: [1, 2, 3, 4, 5, 6].map((x) => x * scale) },
  "encoder.bias": { shape: [2], values: [scale, -scale] },
});

/** A folder in Hugging Face layout. */
export async function tinyCheckpoint(
  folder: string,
  tensors: Readonly<Record<string, TinyTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "model.safetensors"), await tinyFile(tensors, metadata));
  writeFileSync(path.join(folder, "config.json"), JSON.stringify({ architectures: ["TinyModel"], model_type: "tiny" }));
  return folder;
}

/** A file with a header written by hand, for names that the writer would never produce. */
export function rawFile(header: string, dataBytes: number): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

/** A checkpoint of one large tensor of zeros, written in no time: the file is sparse. */
export function largeCheckpoint(folder: string, elements: number): void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "model.safetensors");
  const header = rawFile(`{"large":{"dtype":"F32","shape":[${elements}],"data_offsets":[0,${elements * 4}]}}`, 0);
  writeFileSync(file, header);
  truncateSync(file, header.length + elements * 4);
}
