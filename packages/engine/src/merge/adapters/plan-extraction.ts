import { dtypes, isArithmetic } from "../../tensor/dtype.ts";
import type { Values } from "../define-method.ts";
import type { Forecast } from "../forecast.ts";
import { isLinearWeight } from "../opcm/linear-weights.ts";
import type { PlannedSource, PlannedTensor } from "../planned.ts";
import type { Recipe } from "../recipe.ts";
import type { Fields } from "../record.ts";
import type { AdapterWork } from "./adapter-work.ts";
import { adapterForecast, moduleTensors, type PlannedModule } from "./module-tensors.ts";
import type { AdapterLayout } from "./open-adapter.ts";

interface Extracting {
  readonly sources: readonly PlannedSource[];
  readonly config: Fields | null;
}

export interface PlannedExtraction {
  readonly tensors: readonly PlannedTensor[];
  readonly forecast: Forecast;
  readonly notes: readonly string[];
}

/** Plans an adapter taken out of a model. What the ranks turn out to be depends on the values: these are the largest. */
export function planExtraction(recipe: Recipe, work: AdapterWork<Values, Values>, extracting: Extracting): PlannedExtraction {
  const modules = modulesToExtract(recipe, work, extracting);
  const tensors = modules.flatMap((module) => moduleTensors(module, recipe.dtype ?? "F32"));
  const others = extracting.sources.filter(isCompared).length - modules.length;
  return {
    tensors,
    forecast: adapterForecast({
      readBytes: extracting.sources.filter(isCompared).reduce((sum, source) => sum + readBytesOf(source), 0),
      tensors,
      // Both tensors in f32, the difference in f64 and copies of it.
      moduleBytes: extracting.sources.reduce((most, { elements }) => Math.max(most, 48 * elements), 0),
      operations: modules.reduce((sum, { rows, columns, rank }) => sum + 40 * rows * columns * (rank + 8), 0),
    }),
    notes: [
      "Modules get the rank that their change has, so the adapter may be smaller than forecast.",
      ...(others > 0 ? [`${others} tensors are no linear weights: the run tells how much of the change is in them.`] : []),
    ],
  };
}

/** The linear weights of a model, with the layout in which PEFT keeps their adapters. */
export function modulesToExtract(
  { parameters }: Recipe,
  work: AdapterWork<Values, Values>,
  { sources, config }: Extracting,
): PlannedModule[] {
  if (work.kind !== "extract") return [];
  return sources.flatMap((source): PlannedModule[] => {
    const [rows = 0, columns = 0] = source.shape;
    const layout = layoutOf(config, source.name);
    if (source.build === null || source.elements === 0 || layout === null || !isLinearWeight(source.name, source.shape))
      return [];
    return [{ source, rows, columns, layout, rank: work.rank({ rows, columns }, parameters) }];
  });
}

/** GPT-2 keeps its linear weights as [in, out]; fan_in_fan_out holds for a whole adapter, so its other matrices stay out. */
function layoutOf(config: Fields | null, name: string): AdapterLayout | null {
  const modelType = config?.["model_type"];
  if (modelType !== "gpt2" && modelType !== "imagegpt" && modelType !== "openai-gpt") return "linear";
  return /\.(c_attn|c_proj|c_fc|q_attn)\.weight$/.test(name) ? "conv1d" : null;
}

const readBytesOf = ({ inputs, elements }: PlannedSource): number =>
  inputs.reduce((sum, { dtype }) => sum + elements * dtypes[dtype].sizeBytes, 0);

/** Tensors whose values count as change. */
export const isCompared = ({ build, inputs }: PlannedSource): boolean =>
  build !== null && inputs.every(({ dtype }) => isArithmetic(dtype));
