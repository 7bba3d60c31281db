import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ArithmeticDtype, encodeFromF32, type TensorData, writeSafetensors } from "../../formats/index.ts";
import { refuse } from "../fault.ts";
import { maxAlpha, modulePattern, moduleSettings } from "./adapter-config.ts";
import { type Factors, transposed } from "./factors.ts";
import type { AdapterLayout } from "./open-adapter.ts";

export interface AdapterToWrite {
  /** By name of the base tensor, which ends in ".weight" */
  readonly modules: ReadonlyMap<string, Factors>;
  /** base_model_name_or_path */
  readonly baseModel: string | null;
  /** Storage type of the factors; default F32 */
  readonly dtype?: ArithmeticDtype;
  /** How the base keeps each weight; default "linear" for all */
  readonly layoutOf?: (baseTensor: string) => AdapterLayout;
}

/** The two files of an adapter in memory. */
export interface AdapterFiles {
  /** adapter_config.json */
  readonly config: string;
  /** Tensors of adapter_model.safetensors */
  readonly tensors: readonly TensorData[];
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Lays out a PEFT LoRA adapter: names as PEFT writes them, ranks and alphas (= scale · rank) that differ from the most frequent in
 * rank_pattern and alpha_pattern, target_modules by full name. The same modules give the same bytes in whatever order they come.
 * Modules of rank 0 change nothing, and PEFT cannot hold them: they are left out.
 * @throws RefusedError when no module is left, a name does not end in ".weight", or linear modules are of both layouts
 */
export function adapterFiles({ modules, baseModel, dtype = "F32", layoutOf = () => "linear" }: AdapterToWrite): AdapterFiles {
  const written = [...modules]
    .filter(([, { rank }]) => rank > 0)
    .map(([tensor, factors]) => ({ name: moduleName(tensor), factors, layout: layoutOf(tensor) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (written.length === 0) throw refuse("ADAPTER_EMPTY", "No module of the adapter has a rank: there is nothing to write.");
  const layouts = new Set(written.map(({ layout }) => layout).filter((layout) => layout !== "embedding"));
  if (layouts.size > 1)
    throw refuse("ADAPTER_UNSUPPORTED", "fan_in_fan_out holds for a whole adapter: write linear and conv1d modules apart.");
  for (const { name, factors } of written) {
    const alpha = factors.scale * factors.rank;
    if (!(alpha >= 0 && alpha <= maxAlpha))
      throw refuse("ADAPTER_UNSUPPORTED", `Module ${name} has scale ${factors.scale}; an adapter holds scales from 0 on.`);
  }
  const settings = patternsOf(
    written.map(({ name, factors }) => ({ name, rank: factors.rank, alpha: factors.scale * factors.rank })),
  );
  const config = {
    peft_type: "LORA",
    auto_mapping: null,
    base_model_name_or_path: baseModel,
    bias: "none",
    fan_in_fan_out: layouts.has("conv1d"),
    inference_mode: true,
    init_lora_weights: true,
    r: settings.rank,
    lora_alpha: settings.alpha,
    rank_pattern: Object.fromEntries(settings.rankPattern),
    alpha_pattern: Object.fromEntries(settings.alphaPattern),
    lora_dropout: 0,
    modules_to_save: null,
    target_modules: written.map(({ name }) => name),
    task_type: null,
    use_dora: false,
    use_rslora: false,
  };
  const tensors = written.flatMap(({ name, factors, layout }) => tensorsOf(name, factors, layout, dtype));
  return { config: `${JSON.stringify(config, null, 2)}\n`, tensors, metadata: new Map([["format", "pt"]]) };
}

/**
 * Writes adapter_config.json and adapter_model.safetensors into a new folder; on failure the folder is gone again.
 * @throws RefusedError as `adapterFiles`, and OUTPUT_EXISTS when the folder exists
 */
export async function writeAdapter(folder: string, adapter: AdapterToWrite): Promise<void> {
  const { config, tensors, metadata } = adapterFiles(adapter);
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") throw refuse("OUTPUT_EXISTS", `${folder} exists already; choose another folder or remove it.`);
    throw refuse("OUTPUT_UNWRITABLE", `The folder ${folder} cannot be made: ${error.message}.`);
  });
  try {
    const chunks: Uint8Array[] = [];
    await writeSafetensors({ write: (bytes) => void chunks.push(bytes) }, tensors, metadata);
    await writeFile(join(folder, "adapter_model.safetensors"), chunks);
    await writeFile(join(folder, "adapter_config.json"), config);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

export function moduleName(tensor: string): string {
  const name = tensor.replace(/\.weight$/, "");
  if (name !== tensor && name !== "") return name;
  throw refuse("ADAPTER_UNSUPPORTED", `Tensor ${tensor} cannot carry an adapter: its name does not end in ".weight".`);
}

/** Names and shapes of the two tensors of a module, as they are written. */
export function factorShapes(
  name: string,
  { rank, rows, columns }: Pick<Factors, "rank" | "rows" | "columns">,
  layout: AdapterLayout,
): readonly [a: FactorShape, b: FactorShape] {
  const [inner, outer] = layout === "linear" ? [columns, rows] : [rows, columns];
  const nameOf = (side: "A" | "B"): string =>
    `base_model.model.${name}.${layout === "embedding" ? `lora_embedding_${side}` : `lora_${side}.weight`}`;
  return [
    { name: nameOf("A"), shape: [rank, inner] },
    { name: nameOf("B"), shape: [outer, rank] },
  ];
}

interface FactorShape {
  readonly name: string;
  readonly shape: readonly number[];
}

function tensorsOf(name: string, factors: Factors, layout: AdapterLayout, dtype: ArithmeticDtype): TensorData[] {
  const { rank, rows, columns } = factors;
  const linear = layout === "linear";
  // (B·A)ᵀ = Aᵀ·Bᵀ: with the weight turned, the factors change places.
  const a = linear ? factors.a : transposed(factors.b, rows, rank);
  const b = linear ? factors.b : transposed(factors.a, rank, columns);
  const [first, second] = factorShapes(name, factors, layout);
  const tensor = (placed: FactorShape, values: Float32Array): TensorData => ({
    ...placed,
    dtype,
    data: encodeFromF32(dtype, values),
  });
  return [tensor(first, a), tensor(second, b)];
}

interface Setting {
  readonly name: string;
  readonly rank: number;
  readonly alpha: number;
}

interface Patterns {
  readonly rank: number;
  readonly alpha: number;
  readonly rankPattern: ReadonlyMap<string, number>;
  readonly alphaPattern: ReadonlyMap<string, number>;
}

/** Defaults and the modules that differ from them, longest names first, so that no name is caught by the end of another. */
function patternsOf(settings: readonly Setting[]): Patterns {
  const rank = mostFrequent(settings.map((setting) => setting.rank));
  const alpha = mostFrequent(settings.map((setting) => setting.alpha));
  const longestFirst = [...settings].sort((a, b) => b.name.length - a.name.length || (a.name < b.name ? -1 : 1));
  const patterns = (all: boolean): Patterns => ({
    rank,
    alpha,
    rankPattern: new Map(longestFirst.filter((one) => all || one.rank !== rank).map((one) => [one.name, one.rank])),
    alphaPattern: new Map(longestFirst.filter((one) => all || one.alpha !== alpha).map((one) => [one.name, one.alpha])),
  });
  const short = patterns(false);
  const [rankPattern, alphaPattern] = [modulePattern(short.rankPattern), modulePattern(short.alphaPattern)];
  const config = { rank, alpha, rankStabilised: false, rankPattern, alphaPattern };
  const right = settings.every((one) => {
    const read = moduleSettings(config, one.name);
    return read.rank === one.rank && read.scale === one.alpha / one.rank;
  });
  return right ? short : patterns(true);
}

/** The smaller one of two that are equally frequent. */
function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [[value] = [1]] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return value;
}
