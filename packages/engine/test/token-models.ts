import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ArithmeticDtype,
  decodeToF32,
  encodeFromF32,
  fileSource,
  readHeader,
  type TensorData,
} from "../src/formats/index.ts";
import { bpeSample, type TokenizerSample } from "../src/merge/tokenizer/test/tokenizer-samples.ts";
import { tensorOf, writeFolder } from "./checkpoints.ts";

export interface TokenModel {
  readonly folder: string;
  /** By id */
  readonly tokens: readonly string[];
  readonly tensors: readonly TensorData[];
}

export interface TokenModelOptions {
  readonly seed: number;
  readonly words: readonly string[];
  readonly specials: readonly string[];
  readonly columns?: number;
  readonly dtype?: ArithmeticDtype;
  /** Without lm_head, for which the embeddings stand */
  readonly isTied?: boolean;
  /** Rows of the embeddings that belong to no token */
  readonly extraRows?: number;
  readonly shards?: number;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
  change?(sample: TokenizerSample): void;
}

export const embedName = "model.embed_tokens.weight";
export const headName = "lm_head.weight";

export const tokensOf = (sample: TokenizerSample): string[] =>
  Object.entries(sample.model["vocab"] as Record<string, number>)
    .sort(([, a], [, b]) => a - b)
    .map(([token]) => token);

/** Writes a small model of the Llama kind with a BPE tokenizer of its own. */
export async function writeTokenModel(folder: string, options: TokenModelOptions): Promise<TokenModel> {
  const { seed, columns = 6, dtype = "F32", isTied = false, extraRows = 0, files = {}, shards = 1 } = options;
  const sample = bpeSample(options.words, options.specials);
  const tokens = tokensOf(sample);
  options.change?.(sample);
  const vocabulary = [tokens.length + extraRows, columns];
  const tensors = [
    { name: embedName, dtype, shape: vocabulary },
    ...(isTied ? [] : [{ name: headName, dtype, shape: vocabulary }]),
    { name: "model.layers.0.self_attn.q_proj.weight", dtype, shape: [columns, columns] },
    { name: "model.norm.weight", dtype, shape: [columns] },
  ].map((spec) => tensorOf(spec, seed));
  const config = {
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_size: columns,
    vocab_size: tokens.length + extraRows,
    tie_word_embeddings: isTied,
    ...(tokens.includes("<s>") ? { bos_token_id: tokens.indexOf("<s>") } : {}),
    ...options.config,
  };
  await writeFolder(folder, tensors, { shards, config, files: { "tokenizer.json": JSON.stringify(sample), ...files } });
  return { folder, tokens, tensors };
}

export async function readTensors(file: string): Promise<Map<string, TensorData>> {
  const bytes = await readFile(file);
  const source = await fileSource(file);
  const { tensors } = await readHeader(source);
  await source.close();
  return new Map(
    tensors.map(({ name, dtype, shape, begin, end }) => [
      name,
      { name, dtype, shape, data: new Uint8Array(bytes.subarray(begin, end)) },
    ]),
  );
}

export const readJson = async (folder: string, name: string) => JSON.parse(await readFile(join(folder, name), "utf8"));

/** The rows of a matrix as lists of numbers. */
export function rowsOf({ dtype, shape: [, columns = 1], data }: TensorData): number[][] {
  const values = [...decodeToF32(dtype as ArithmeticDtype, data)];
  return Array.from({ length: values.length / columns }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

interface SlowRule {
  readonly source?: { readonly kind: string; readonly model?: string; readonly token?: string; readonly tokenId?: number };
  readonly force?: boolean;
}

export interface SlowPolicy {
  readonly source?: string;
  readonly tokens?: Readonly<Record<string, SlowRule>>;
  readonly padToMultipleOf?: number;
}

/**
 * The alignment of embeddings as the specification says it, token by token and number by number; the first model is the base.
 * @returns the tokens of the result, and for each model its aligned rows
 */
export function alignSlowly(
  models: readonly { readonly name: string; readonly tokens: readonly string[]; readonly rows: readonly number[][] }[],
  { source = "union", tokens: rules = {}, padToMultipleOf = 1 }: SlowPolicy,
  hasBase: boolean,
) {
  const named = (name: string) => models.find((model) => model.name === name) ?? models[0];
  const owner = source === "union" || source === "base" ? models[0] : named(source);
  const tokens = [...(owner?.tokens ?? [])];
  if (source === "union")
    for (const model of models) for (const token of model.tokens) if (!tokens.includes(token)) tokens.push(token);
  for (const token of Object.keys(rules).sort()) if (!tokens.includes(token)) tokens.push(token);
  const columns = models[0]?.rows[0]?.length ?? 0;
  const rowFor = (model: (typeof models)[number] | undefined, token: string) => model?.rows[model.tokens.indexOf(token)];
  const average = (rows: readonly number[][]) =>
    Array.from({ length: columns }, (_, c) => Math.fround(rows.reduce((sum, row) => sum + (row[c] ?? 0), 0) / rows.length));
  const zeros = Array.from({ length: columns }, () => 0);
  const usual = (token: string): number[] => {
    const explicit = rules[token]?.source;
    if (explicit?.kind === "zero") return zeros;
    if (explicit?.kind === "model") return rowFor(named(explicit.model ?? ""), token) ?? [];
    if (explicit?.tokenId !== undefined) return named(explicit.model ?? "")?.rows[explicit.tokenId] ?? [];
    if (explicit?.token !== undefined) return rowFor(named(explicit.model ?? ""), explicit.token) ?? [];
    const having = models.filter((model) => model.tokens.includes(token));
    if (having.length === 0) return zeros;
    if (hasBase && models[0]?.tokens.includes(token) === true) return rowFor(models[0], token) ?? [];
    return average(having.map((model) => rowFor(model, token) ?? []));
  };
  const size = Math.ceil(tokens.length / padToMultipleOf) * padToMultipleOf;
  const aligned = models.map((model) => [
    ...tokens.map((token) => (rules[token]?.force === true ? undefined : rowFor(model, token)) ?? usual(token)),
    ...Array.from({ length: size - tokens.length }, () => average(model.rows)),
  ]);
  return { tokens, aligned };
}

export const matrixOf = (name: string, rows: readonly number[][]): TensorData => ({
  name,
  dtype: "F32",
  shape: [rows.length, rows[0]?.length ?? 0],
  data: encodeFromF32("F32", Float32Array.from(rows.flat())),
});
