import { link, mkdir, open, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { layoutHeader } from "@amalgam/engine/formats";

const columns = 4096;
const tensors = 16;
/** Lengths without a common divisor, so that no two models or tensors repeat the same numbers together. */
const [baseLength, deltaLength] = [1048573, 1048583];
const config = { architectures: ["BenchForCausalLM"], model_type: "llama", num_hidden_layers: tensors, hidden_size: columns };

/** Normal numbers around 0 with a deviation. */
function normals(length: number, deviation: number, seed: number): Float32Array {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 8) + 0.5) / 2 ** 24;
  };
  return Float32Array.from({ length }, () => deviation * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()));
}

const bases = normals(baseLength, 0.02, 1);
const deltas = normals(deltaLength, 0.0015, 2);

/** Weights of a model, one after the other: a base that all have in common, and a difference of its own; model 0 is the base. */
export class Weights {
  readonly #isBase: boolean;
  #base = 0;
  #delta: number;

  constructor(model: number) {
    this.#isBase = model === 0;
    this.#delta = (model * 123457) % deltaLength;
  }

  /** The next weights as f32. */
  next(count: number): Float32Array {
    const values = new Float32Array(count);
    let [b, d] = [this.#base, this.#delta];
    for (let i = 0; i < count; i += 1) {
      values[i] = (bases[b] ?? 0) + (this.#isBase ? 0 : (deltas[d] ?? 0));
      b = b + 1 === baseLength ? 0 : b + 1;
      d = d + 1 === deltaLength ? 0 : d + 1;
    }
    [this.#base, this.#delta] = [b, d];
    return values;
  }
}

/** Bits of bf16, rounded to nearest even. */
export function roundToBf16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) {
    const stored = bits[i] ?? 0;
    rounded[i] = (stored + 0x7fff + ((stored >>> 16) & 1)) >>> 16;
  }
  return rounded;
}

const layoutOf = (sizeMb: number) => {
  const rows = Math.max(1, Math.round((sizeMb * 1e6) / (tensors * 2 * columns)));
  const shapes = Array.from({ length: tensors }, (_, i) => ({
    name: `model.layers.${i}.mlp.down_proj.weight`,
    dtype: "BF16" as const,
    shape: [rows, columns],
  }));
  // mergekit and Hugging Face's loaders want to know the framework.
  return layoutHeader(shapes, new Map([["format", "pt"]]));
};

/**
 * Writes a checkpoint of 16 tensors in bf16, without holes: normal(0, 0.02), models other than 0 with normal(0, 0.0015) added.
 * The bytes are on disk when it returns.
 */
export async function writeModel(folder: string, sizeMb: number, model: number): Promise<string> {
  const { header, sizeBytes } = layoutOf(sizeMb);
  const weights = new Weights(model);
  await mkdir(folder);
  const handle = await open(join(folder, "model.safetensors"), "w");
  await handle.write(header);
  for (let at = header.length; at < sizeBytes; ) {
    const values = weights.next(Math.min(1 << 19, (sizeBytes - at) / 2));
    at += (await handle.write(new Uint8Array(roundToBf16(values).buffer))).bytesWritten;
  }
  await handle.sync();
  await handle.close();
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  return folder;
}

/** A base and four parents in a folder. */
export async function writeModels(root: string, sizeMb: number): Promise<{ base: string; parents: string[] }> {
  const folders: string[] = [];
  for (let model = 0; model < 5; model += 1) folders.push(await writeModel(join(root, `model-${model}`), sizeMb, model));
  const [base = "", ...parents] = folders;
  return { base, parents };
}

/** A base and four parents, of which the last two are the first two under other names: they take no room. */
export async function writeModelsSharing(root: string, sizeMb: number): Promise<{ base: string; parents: string[] }> {
  await mkdir(root);
  const folders: string[] = [];
  for (let model = 0; model < 3; model += 1) folders.push(await writeModel(join(root, `model-${model}`), sizeMb, model));
  const [base = "", ...parents] = folders;
  for (const [i, folder] of parents.entries()) {
    const twin = join(root, `model-${3 + i}`);
    await mkdir(twin);
    for (const file of ["model.safetensors", "config.json"]) await link(join(folder, file), join(twin, file));
  }
  return { base, parents: [...parents, ...parents.map((_, i) => join(root, `model-${3 + i}`))] };
}

export const weightsFile = (folder: string): string => join(folder, "model.safetensors");

/** A checkpoint with the tensors of a Llama of 70 billion parameters in 30 shards, all holes: it has headers only. */
export async function writeHollow70b(folder: string): Promise<string> {
  const [hidden, inner, keys, vocabulary] = [8192, 28672, 1024, 128256];
  const layer = {
    "self_attn.q_proj": [hidden, hidden],
    "self_attn.k_proj": [keys, hidden],
    "self_attn.v_proj": [keys, hidden],
    "self_attn.o_proj": [hidden, hidden],
    "mlp.gate_proj": [inner, hidden],
    "mlp.up_proj": [inner, hidden],
    "mlp.down_proj": [hidden, inner],
    input_layernorm: [hidden],
    post_attention_layernorm: [hidden],
  };
  const shapes = [
    { name: "model.embed_tokens.weight", shape: [vocabulary, hidden] },
    ...Array.from({ length: 80 }, (_, i) =>
      Object.entries(layer).map(([name, shape]) => ({ name: `model.layers.${i}.${name}.weight`, shape })),
    ).flat(),
    { name: "model.norm.weight", shape: [hidden] },
    { name: "lm_head.weight", shape: [vocabulary, hidden] },
  ].map((tensor) => ({ ...tensor, dtype: "BF16" as const }));
  await mkdir(folder);
  const shards = 30;
  const size = Math.ceil(shapes.length / shards);
  const weightMap: Record<string, string> = {};
  for (let i = 0; i < shards; i += 1) {
    const part = shapes.slice(i * size, (i + 1) * size);
    const name = `model-${String(i + 1).padStart(5, "0")}-of-${String(shards).padStart(5, "0")}.safetensors`;
    const { header, sizeBytes } = layoutHeader(part, new Map([["format", "pt"]]));
    await writeFile(join(folder, name), header);
    await truncate(join(folder, name), sizeBytes);
    for (const tensor of part) weightMap[tensor.name] = name;
  }
  const index = { metadata: {}, weight_map: weightMap };
  await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
  await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, num_hidden_layers: 80, hidden_size: hidden }));
  return folder;
}
