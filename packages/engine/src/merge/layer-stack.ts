import type { CheckpointHeader } from "./checkpoint-header.ts";

/** A tensor's place in a stack of layers: model.layers.3.mlp.up_proj.weight is layer 3 of the stack model.layers. */
export interface LayerName {
  readonly stack: string;
  readonly index: number;
  /** What follows the number; empty for a list of tensors */
  readonly rest: string;
}

const digits = /^\d{1,9}$/;

/** The layer of a tensor: the first component of its dotted name that is a number; null outside layers. */
export function layerOf(name: string): LayerName | null {
  const parts = name.split(".");
  const at = parts.findIndex((part) => digits.test(part));
  if (at < 0) return null;
  return { stack: parts.slice(0, at).join("."), index: Number(parts[at]), rest: parts.slice(at + 1).join(".") };
}

export const layerName = ({ stack, index, rest }: LayerName): string =>
  [stack, String(index), rest].filter((part) => part !== "").join(".");

/** Number of layers of every stack; encoder and decoder count apart. */
export function layerCounts(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) {
    const layer = layerOf(name);
    if (layer !== null) counts.set(layer.stack, Math.max(counts.get(layer.stack) ?? 0, layer.index + 1));
  }
  return counts;
}

/** Keys of config.json for the number of layers, by family. */
const countKeys = ["num_hidden_layers", "n_layer", "n_layers", "num_layers"];

/** The keys of a config.json that give the number of layers, to be changed when layers are stacked anew. */
export const layerCountKeys = (config: Readonly<Record<string, unknown>> | null): string[] =>
  countKeys.filter((key) => typeof config?.[key] === "number");

/**
 * config.json of a model whose layers were stacked anew: the count, and every list that has one item for each layer.
 * @param order the former number of each layer
 */
export function restackedConfig(config: Readonly<Record<string, unknown>>, order: readonly number[]): Record<string, unknown> {
  const keys = layerCountKeys(config);
  const former = keys.map((key) => config[key])[0];
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => {
      if (keys.includes(key)) return [key, order.length];
      const isPerLayer = Array.isArray(value) && value.length === former && order.every((layer) => layer < value.length);
      return [key, isPerLayer ? order.map((layer) => value[layer]) : value];
    }),
  );
}

/** The one stack of a model from which slices are taken, or the sentence that says why there is none. */
export type SlicedStack = { readonly stack: string; readonly layers: number } | { readonly refusal: string };

export function slicedStack({ label, config, tensors }: CheckpointHeader): SlicedStack {
  // A layer has parts (3.mlp.up_proj.weight); a list of tensors (classifier.0.weight) is not a stack of layers.
  const names = tensors.map(({ name }) => name).filter((name) => layerOf(name)?.rest.includes("."));
  const found = [...layerCounts(names)].map(([stack, layers]) => ({ stack, layers }));
  const told = layerCountKeys(config).map((key) => config?.[key]);
  const matching = config?.["is_encoder_decoder"] === true ? [] : found.filter(({ layers }) => told.includes(layers));
  const [only, second] = found.length > 1 && matching.length === 1 ? matching : found;
  if (only === undefined)
    return { refusal: `${label} has no numbered layers, so no slices can be taken from it; merge it whole.` };
  if (second === undefined) return only;
  const stacks = found.slice(0, 5).map(({ stack }) => stack);
  return {
    refusal: `${label} has several stacks of layers (${stacks.join(", ")}); slices need a model with one, so merge it whole.`,
  };
}

/** Tensors that act before the first layer; every other tensor outside layers (final norm, lm_head, pooler, heads) acts after the last. */
const early =
  /(^|[._])(embed|embeddings?|emb|wte|wpe|embed_\w+|\w+_embed(ding)?s?|\w+_emb|shared|(cls|mask)_token|pre_layer_?norm|ln_pre|project_in)([._]|$)/;
const late = /(^|\.)(embed_out|lm_head|unembed\w*|output_embeddings?)(\.|$)/;
export const isBeforeLayers = (name: string): boolean => early.test(name) && !late.test(name);
