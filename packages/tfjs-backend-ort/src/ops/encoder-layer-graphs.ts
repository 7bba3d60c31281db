import { INT64, type OnnxGraph, type OnnxNode } from "../onnx.ts";
import {
  attentionGradientNodes,
  attentionNodes,
  geluWithSlopeNodes,
  layerNormGradientNodes,
  layerNormNode,
  linearGradientNodes,
  linearNode,
  node,
  sharedConstants,
  swapHeads,
} from "./pieces.ts";

/** The weights of a layer in the order in which the graphs and the gradients list them. */
export const weightNames = [
  ...["query", "key", "value", "output"].flatMap((part) => [`${part}_weight`, `${part}_bias`]),
  "output_gamma",
  "output_beta",
  ...["wide", "narrow"].flatMap((part) => [`${part}_weight`, `${part}_bias`]),
  "narrow_gamma",
  "narrow_beta",
] as const;

/** What the forward pass keeps for the backward pass, beside its input. Heads apart in the first four. */
export const savedNames = [
  "query_heads",
  "key_heads",
  "value_heads",
  "probabilities",
  "context",
  "output_sum",
  "output_mean",
  "output_inverse",
  "attended",
  "gelu",
  "gelu_slope",
  "narrow_sum",
  "narrow_mean",
  "narrow_inverse",
] as const;

const PARTS = ["query", "key", "value"] as const;

const split = (flat: string, heads: string): OnnxNode[] => [
  node("Reshape", [flat, "head_shape"], `${heads}_joined`),
  swapHeads(`${heads}_joined`, heads),
];

const join = (heads: string, flat: string): OnnxNode[] => [
  swapHeads(heads, `${heads}_swapped`),
  node("Reshape", [`${heads}_swapped`, "flat_shape"], flat),
];

export interface LayerGraphSettings {
  readonly width: number;
  readonly heads: number;
  readonly epsilon: number;
}

const scaleOf = ({ width, heads }: LayerGraphSettings): number => 1 / Math.sqrt(width / heads);
const constantsOf = ({ width }: LayerGraphSettings) => [...sharedConstants, { name: "flat_shape", value: [-1, width] }];

/** Outputs `y`, and with `isTraining` everything in `savedNames`. */
export function forwardGraph(settings: LayerGraphSettings, isTraining: boolean): OnnxGraph {
  const { epsilon } = settings;
  return {
    nodes: [
      ...PARTS.flatMap((part) => [linearNode("x", `${part}_weight`, `${part}_bias`, part), ...split(part, `${part}_heads`)]),
      ...attentionNodes(
        "query_heads",
        "key_heads",
        "value_heads",
        { probabilities: "probabilities", context: "context_heads" },
        scaleOf(settings),
      ),
      ...join("context_heads", "context"),
      linearNode("context", "output_weight", "output_bias", "projected"),
      node("Add", ["projected", "x"], "output_sum"),
      layerNormNode("output_sum", "output_gamma", "output_beta", ["attended", "output_mean", "output_inverse"], epsilon),
      linearNode("attended", "wide_weight", "wide_bias", "wide"),
      ...(isTraining ? geluWithSlopeNodes("wide", "gelu", "gelu_slope") : [node("Gelu", ["wide"], "gelu")]),
      linearNode("gelu", "narrow_weight", "narrow_bias", "narrow"),
      node("Add", ["narrow", "attended"], "narrow_sum"),
      layerNormNode("narrow_sum", "narrow_gamma", "narrow_beta", ["y", "narrow_mean", "narrow_inverse"], epsilon),
    ],
    inputs: ["x", "mask", ...weightNames, ["head_shape", INT64]],
    outputs: isTraining ? ["y", ...savedNames] : ["y"],
    constants: constantsOf(settings),
  };
}

/** Outputs `dx`, then the gradient of every weight under its name. */
export function backwardGraph(settings: LayerGraphSettings): OnnxGraph {
  const gradientOf = (name: string) => `d_${name}`;
  const dense = (part: string, dy: string, x: string, dx: string, add?: string) =>
    linearGradientNodes(dy, x, `${part}_weight`, {
      dx,
      dweight: gradientOf(`${part}_weight`),
      dbias: gradientOf(`${part}_bias`),
      ...(add === undefined ? {} : { add }),
    });
  const norm = (part: string, dy: string, dx: string) =>
    layerNormGradientNodes(`${part}_norm`, {
      dy,
      x: `${part}_sum`,
      gamma: `${part}_gamma`,
      mean: `${part}_mean`,
      inverse: `${part}_inverse`,
      dx,
      dgamma: gradientOf(`${part}_gamma`),
      dbeta: gradientOf(`${part}_beta`),
    });
  return {
    nodes: [
      ...norm("narrow", "dy", "d_narrow_sum"),
      ...dense("narrow", "d_narrow_sum", "gelu", "d_gelu"),
      node("Mul", ["d_gelu", "gelu_slope"], "d_wide"),
      ...dense("wide", "d_wide", "attended", "d_attended", "d_narrow_sum"),
      ...norm("output", "d_attended", "d_output_sum"),
      ...dense("output", "d_output_sum", "context", "d_context"),
      ...split("d_context", "d_context_heads"),
      ...attentionGradientNodes(
        { dy: "d_context_heads", query: "query_heads", key: "key_heads", value: "value_heads", probabilities: "probabilities" },
        { dquery: "d_query_heads", dkey: "d_key_heads", dvalue: "d_value_heads" },
        scaleOf(settings),
      ),
      ...PARTS.flatMap((part) => join(`d_${part}_heads`, `d_${part}`)),
      ...dense("query", "d_query", "x", "dx_query", "d_output_sum"),
      ...dense("key", "d_key", "x", "dx_key", "dx_query"),
      ...dense("value", "d_value", "x", "dx", "dx_key"),
    ],
    inputs: [
      "dy",
      "x",
      ...weightNames.filter((name) => !name.endsWith("bias") && !name.endsWith("beta")),
      ...savedNames,
      ["head_shape", INT64],
    ],
    outputs: ["dx", ...weightNames.map(gradientOf)],
    constants: constantsOf(settings),
  };
}
