import { type Dtype, encodeFromF32, writeSafetensors } from "@amalgam/engine/formats";

export interface TinyTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly dtype?: "F32" | "F16" | "BF16";
}

/** The bytes of a safetensors file with these tensors. */
export async function safetensors(
  tensors: readonly TinyTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await writeSafetensors(
    { write: async (bytes) => void chunks.push(new Uint8Array(bytes)) },
    tensors.map(({ name, shape, values, dtype = "F32" }) => ({ name, dtype, shape, data: encode(dtype, values) })),
    new Map(Object.entries(metadata)),
  );
  return Buffer.concat(chunks);
}

function encode(dtype: "F32" | "F16" | "BF16", values: readonly number[]): Uint8Array {
  return encodeFromF32(dtype satisfies Dtype, Float32Array.from(values));
}

/** A checkpoint folder of two tensors, every value `scale`, as files by path. */
export async function tinyCheckpoint(
  scale: number,
  more: Readonly<Record<string, string>> = {},
): Promise<Map<string, Uint8Array>> {
  const weights = await safetensors([
    { name: "layer.bias", shape: [3], values: [scale, scale, scale] },
    { name: "layer.weight", shape: [2, 3], values: [0, 1, 2, 3, 4, 5].map((value) => value * scale) },
  ]);
  const texts = { "config.json": JSON.stringify({ architectures: ["TinyModel"], hidden_size: 3 }), ...more };
  return new Map<string, Uint8Array>([
    ...Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)] as const),
    ["model.safetensors", weights],
  ]);
}
