import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type ArithmeticDtype,
  type FileSource,
  FormatError,
  fileSource,
  isArithmetic,
  readHeader,
  type SafetensorsHeader,
  type TensorEntry,
} from "../../formats/index.ts";
import { refuse } from "../fault.ts";
import { type AdapterConfig, moduleSettings, parseAdapterConfig } from "./adapter-config.ts";

/** Where a tensor of an adapter lies. */
export interface AdapterTensor {
  readonly name: string;
  /** Path of the safetensors file */
  readonly file: string;
  /** Absolute offsets in that file */
  readonly begin: number;
  readonly end: number;
  readonly dtype: ArithmeticDtype;
  readonly shape: readonly number[];
}

/**
 * How the base keeps the weight that a module adapts. "linear": [out, in], delta B·A. "conv1d" (fan_in_fan_out, as GPT-2 does) and
 * "embedding": [in, out], delta (B·A)ᵀ.
 */
export type AdapterLayout = "linear" | "conv1d" | "embedding";

export interface AdapterModule {
  readonly rank: number;
  /** alpha / rank, or alpha / √rank when rank-stabilised */
  readonly scale: number;
  readonly layout: AdapterLayout;
  /** Shape that the base tensor must have, [rows, columns] */
  readonly shape: readonly [rows: number, columns: number];
  /** A [rank, in] */
  readonly a: AdapterTensor;
  /** B [out, rank] */
  readonly b: AdapterTensor;
}

/** An opened adapter: header read and checked, no tensor bytes touched, no file left open. Plain data. */
export interface Adapter {
  readonly label: string;
  readonly folder: string;
  readonly config: AdapterConfig;
  /** By name of the base tensor, e.g. "model.layers.0.self_attn.q_proj.weight" */
  readonly modules: ReadonlyMap<string, AdapterModule>;
  /** Tensors of modules_to_save, by the name of the base tensor that each replaces */
  readonly saved: ReadonlyMap<string, AdapterTensor>;
}

const configName = "adapter_config.json";
const weightsName = "adapter_model.safetensors";
const maxConfigBytes = 8_000_000;

/**
 * Opens a PEFT folder: adapter_config.json and adapter_model.safetensors.
 * @param label name for messages; default: the path
 * @throws RefusedError for missing files, a pickle (by name, never opened), a broken header or config, factors that do not fit
 * together, and tensors that belong to no module
 */
export async function openAdapter(folder: string, label: string = folder): Promise<Adapter> {
  const config = parseAdapterConfig(await readConfig(folder, label), label);
  const file = join(folder, weightsName);
  if (!(await exists(file))) {
    if (await exists(join(folder, "adapter_model.bin")))
      throw refuse(
        "PICKLE_REFUSED",
        `${label}: adapter_model.bin is a pickle, which can run code when it is loaded; convert it to safetensors where you trust it.`,
      );
    throw refuse("ADAPTER_MISSING", `${label}: ${folder} holds no ${weightsName}.`);
  }
  const { tensors } = await readWeightsHeader(file, label);
  const saved = new Map<string, AdapterTensor>();
  const pairs = new Map<string, Pair>();
  for (const entry of tensors) sortIn({ entry: withFile(entry, file, label), pairs, saved, config, label });
  const modules = new Map<string, AdapterModule>();
  for (const [name, pair] of pairs) modules.set(`${name}.weight`, moduleOf(name, pair, config, label));
  if (modules.size === 0) throw refuse("ADAPTER_EMPTY", `${label}: ${weightsName} holds no LoRA factors.`);
  return { label, folder, config, modules, saved };
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

async function readConfig(folder: string, label: string): Promise<string> {
  const path = join(folder, configName);
  const info = await stat(path).catch(() => null);
  if (!info?.isFile()) throw refuse("ADAPTER_MISSING", `${label}: ${folder} holds no ${configName}.`);
  if (info.size > maxConfigBytes) throw refuse("ADAPTER_CONFIG_INVALID", `${label}: ${configName} has ${info.size} bytes.`);
  return readFile(path, "utf8");
}

async function readWeightsHeader(path: string, label: string): Promise<SafetensorsHeader> {
  let source: FileSource | null = null;
  try {
    source = await fileSource(path);
    return await readHeader(source);
  } catch (error) {
    const message = `${label}: ${weightsName}: ${error instanceof Error ? error.message : String(error)}`;
    throw refuse(error instanceof FormatError ? error.code : "ADAPTER_UNREADABLE", message);
  } finally {
    await source?.close();
  }
}

function withFile({ name, dtype, shape, begin, end }: TensorEntry, file: string, label: string): AdapterTensor {
  if (isArithmetic(dtype)) return { name, file, begin, end, dtype, shape };
  throw refuse("DTYPE_UNSUPPORTED", `${label}: tensor ${name} is ${dtype}; adapters are read from F32, F16 and BF16.`);
}

/** The two factors of a module while they are being found. */
interface Pair {
  a?: AdapterTensor;
  b?: AdapterTensor;
  embedding: boolean;
}

interface Sorting {
  readonly entry: AdapterTensor;
  readonly pairs: Map<string, Pair>;
  readonly saved: Map<string, AdapterTensor>;
  readonly config: AdapterConfig;
  readonly label: string;
}

const prefix = "base_model.model.";
const factorName = /^(.+)\.lora_(embedding_)?([AB])(?:\.default)?(\.weight)?$/;

function sortIn({ entry, pairs, saved, config, label }: Sorting): void {
  const name = entry.name.startsWith(prefix) ? entry.name.slice(prefix.length) : "";
  const [, module, embedding, side, weight] = factorName.exec(name) ?? [];
  // The factors of an embedding are bare parameters, those of other modules weights of a module.
  if (module !== undefined && (embedding === undefined) === (weight !== undefined)) {
    const pair = pairs.get(module) ?? { embedding: embedding !== undefined };
    const known = side === "A" ? pair.a : pair.b;
    if (known !== undefined || pair.embedding !== (embedding !== undefined))
      throw refuse("ADAPTER_AMBIGUOUS", `${label}: module ${module} has more than one factor ${side} (${entry.name}).`);
    pairs.set(module, { ...pair, ...(side === "A" ? { a: entry } : { b: entry }) });
    return;
  }
  if (name !== "" && config.modulesToSave.some((saving) => `.${name}.`.includes(`.${saving}.`))) saved.set(name, entry);
  else
    throw refuse(
      "ADAPTER_UNKNOWN_TENSOR",
      `${label}: tensor ${entry.name} is neither a LoRA factor (${prefix}….lora_A.weight) nor part of modules_to_save.`,
    );
}

function moduleOf(name: string, { a, b, embedding }: Pair, config: AdapterConfig, label: string): AdapterModule {
  if (a === undefined || b === undefined)
    throw refuse("ADAPTER_FACTOR_MISSING", `${label}: module ${name} has no factor ${a === undefined ? "A" : "B"}.`);
  const { rank, scale } = moduleSettings(config, name);
  const shapes = `A is [${a.shape.join(", ")}] and B is [${b.shape.join(", ")}]`;
  if (a.shape.length > 2 || b.shape.length > 2)
    throw refuse(
      "ADAPTER_UNSUPPORTED",
      `${label}: module ${name} is a convolution (${shapes}); only linear and embedding are known.`,
    );
  const [aRank = 0, inner = 0] = a.shape;
  const [outer = 0, bRank = 0] = b.shape;
  if (aRank !== bRank || a.shape.length !== 2 || b.shape.length !== 2)
    throw refuse("ADAPTER_SHAPE_MISMATCH", `${label}: module ${name}: ${shapes}; A is [rank, in] and B [out, rank].`);
  if (aRank !== rank)
    throw refuse("ADAPTER_SHAPE_MISMATCH", `${label}: module ${name}: ${shapes}, but ${configName} gives it rank ${rank}.`);
  const layout = embedding ? "embedding" : config.fanInFanOut ? "conv1d" : "linear";
  return { rank, scale, layout, shape: layout === "linear" ? [outer, inner] : [inner, outer], a, b };
}
