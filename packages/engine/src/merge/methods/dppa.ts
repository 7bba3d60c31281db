import { z } from "zod";
import { abs, absSum, add, broadcast, count, input, largest, lessThan, measured, number, numeric } from "../../expr/expr.ts";
import { defineMethod, type SurveyedTensor } from "../define-method.ts";
import { eachValueIsOneOfBoth, evenSpreadPrunesEvenly, noChangeGivesBase, outsideLayersAllIsKept } from "../laws.ts";
import { noCoefficients } from "./parent-settings.ts";
import { trimmedTo } from "./trim.ts";

/** A layer's outliers are those above so many times its mean magnitude; a fixed number of the authors' code. */
const layerMultiple = 3;

/** Name of the layer that a tensor of a linear module belongs to, e.g. model.layers.3; null for every other tensor. */
function layerOf({ name, shape }: SurveyedTensor): string | null {
  return shape.length === 2 ? (/^(?:.*?\.)?\d+(?=\.)/.exec(name)?.[0] ?? null) : null;
}

const added = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const meanOf = (values: readonly number[]): number => (values.length === 0 ? 0 : added(values) / values.length);

/** Scaled so that the largest is ±spread; all 0 when they are. */
function scaledTo(spread: number, values: readonly number[]): number[] {
  const largest = Math.max(0, ...values.map(Math.abs));
  return values.map((value) => (largest > 0 ? (value * spread) / largest : 0));
}

const numberOf = ({ numbers }: SurveyedTensor, name: string): number => numbers[name] ?? 0;

type Layers = ReadonlyMap<string, readonly SurveyedTensor[]>;

function layersOf(tensors: readonly SurveyedTensor[]): Layers {
  const layers = new Map<string, SurveyedTensor[]>();
  for (const tensor of tensors) {
    const layer = layerOf(tensor);
    if (layer !== null) layers.set(layer, [...(layers.get(layer) ?? []), tensor]);
  }
  return layers;
}

/** Mean magnitude over the linear modules of each layer. */
const layerMeans = (layers: Layers): ReadonlyMap<string, number> =>
  new Map(
    [...layers].map(([layer, modules]) => [
      layer,
      added(modules.map((module) => numberOf(module, "magnitude"))) / added(modules.map(({ elements }) => elements)),
    ]),
  );

/** Share of each linear module that stays: that of its layer, more where the module has many outliers. */
function densitiesOf(layers: Layers, sparsity: number, spread: number): ReadonlyMap<SurveyedTensor, number> {
  const shares = [...layers.values()].map(
    (modules) =>
      added(modules.map((module) => numberOf(module, "layerOutliers"))) / added(modules.map(({ elements }) => elements)),
  );
  const ofLayers = scaledTo(
    spread,
    shares.map((share) => share - meanOf(shares)),
  ).map((value) => value + (1 - sparsity));
  const modules = [...layers.values()].flatMap((each, layer) => each.map((module) => ({ module, layer })));
  const raw = modules.map(({ module }) => numberOf(module, "moduleOutliers") / module.elements);
  const relative = raw.map((share) => (meanOf(raw) > 0 ? share / meanOf(raw) : 0));
  const centre =
    added(relative.map((share, i) => share * (modules[i]?.module.elements ?? 0))) /
    added(modules.map(({ module }) => module.elements));
  const offsets = scaledTo(
    spread,
    relative.map((share) => share - centre),
  );
  return new Map(modules.map(({ module, layer }, i) => [module, (offsets[i] ?? 0) + (ofLayers[layer] ?? 0)]));
}

/** Entries that stay: those above the one at the sparsity, which is held between 1 % and less than 100 %. */
function keepCount(elements: number, density: number): number {
  const sparsity = Math.min(Math.max(1 - density, 0.01), 1 - 1e-9);
  return Math.max(0, elements - Math.floor(elements * sparsity) - 1);
}

/**
 * Prunes the task vector of one expert, least where it has most outliers: the first half of DPPA.
 *   r_L = (1 − s) + Λ·(o_L − mean o)/max|o − mean o|      o_L: share of |τ| above 3 times its mean in layer L
 *   ρ = r_L + Λ·(q − mean q)/max|q − mean q|              q: share of |τ| above m times its mean in the module, by their mean
 *   out = base + the largest |τ| of each linear module, density ρ
 * s sparsity, Λ spread, m multiple. Linear modules are tensors of two axes in a layer; a layer is the name up to its first number.
 * All else (embeddings, norms, biases, head) is not pruned and stays as the expert has it.
 * Limits: meant for one expert before a merge of several. Amplifying what is left, the other half, is a search over λ of
 * task_arithmetic with this result.
 * Source: DPPA: Pruning Method for Large Language Model to Model Merging (Zhu et al. 2024), as in the authors' code.
 */
export const dppa = defineMethod({
  id: "dppa",
  version: 1,
  title: "DPPA pruning",
  summary: "One expert with its task vector pruned by layer and module.",
  source: "https://arxiv.org/abs/2403.02799",
  family: "sparse",
  arity: { min: 1, max: 1 },
  base: "required",
  perParent: z.object({}),
  accepts: ["weights", "delta"],
  output: "weights",
  ofModel: ["sparsity", "spread"],
  params: z.object({
    sparsity: z.number().min(0).max(1).default(0.9).describe("Share of the entries that is pruned on average"),
    spread: z.number().min(0).max(1).default(0.08).describe("Most that layers, and modules within them, deviate from it"),
    multiple: z.number().min(1).max(1000).default(5).describe("A module's outliers are above so many times its mean magnitude"),
  }),
  laws: [noChangeGivesBase, eachValueIsOneOfBoth, outsideLayersAllIsKept, evenSpreadPrunesEvenly],
  coefficients: noCoefficients,
  survey: {
    rounds: [
      ({ parents: [parent] }) => ({ numbers: { magnitude: absSum(parent?.delta ?? input(1)) } }),
      ({ parents: [parent], params: { multiple } }) => {
        const above = (name: string, times: number) =>
          count(lessThan(broadcast(numeric.mul(number(times), measured(name))), abs(parent?.delta ?? input(1))));
        return {
          numbers: { layerOutliers: above("layerMean", layerMultiple), moduleOutliers: above("moduleMean", multiple) },
        };
      },
    ],
    conclude(round, tensors, { sparsity, spread }): Record<string, number>[] {
      const layers = layersOf(tensors);
      if (round === 0) {
        const means = layerMeans(layers);
        return tensors.map((tensor) => ({
          layerMean: means.get(layerOf(tensor) ?? "") ?? 0,
          moduleMean: numberOf(tensor, "magnitude") / Math.max(1, tensor.elements),
        }));
      }
      const densities = densitiesOf(layers, sparsity, spread);
      return tensors.map((tensor) => {
        const density = densities.get(tensor);
        return { keep: density === undefined ? tensor.elements : keepCount(tensor.elements, density) };
      });
    },
  },
  build({ base, parents: [parent] }) {
    const delta = parent?.delta ?? input(1);
    return add(base ?? input(0), trimmedTo(delta, largest(abs(delta), measured("keep"))));
  },
});
