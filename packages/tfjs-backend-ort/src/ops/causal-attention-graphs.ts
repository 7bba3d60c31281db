import type { OnnxGraph, OnnxNode } from "../onnx.ts";
import { attentionNodes, node, probabilityNodes, sharedConstants, swapHeads } from "./pieces.ts";

export interface HeadSizes {
  /** Query heads that share a key head. */
  readonly group: number;
  /** Width of a head. */
  readonly size: number;
}

/** [texts, rows, key heads, group, size] → [texts, key heads, group·rows, size]: the queries that share a key head are one matrix. */
const apart = (name: string): OnnxNode[] => [
  node("Transpose", [name], `${name}_split`, { perm: [0, 2, 3, 1, 4] }),
  node("Reshape", [`${name}_split`, "joined_shape"], `${name}_heads`),
];

const together = (name: string): OnnxNode[] => [
  node("Reshape", [`${name}_heads`, "split_shape"], `${name}_split`),
  node("Transpose", [`${name}_split`], name, { perm: [0, 3, 1, 2, 4] }),
];

const inputHeads = (queries: readonly string[]): OnnxNode[] => [
  ...queries.flatMap(apart),
  ...["key", "value"].map((name) => swapHeads(name, `${name}_heads`)),
];

/** 0 keeps a side, −1 is what is left. */
const constantsOf = ({ group, size }: HeadSizes) => [
  ...sharedConstants,
  { name: "joined_shape", value: [0, 0, -1, size] },
  { name: "split_shape", value: [0, 0, group, -1, size] },
];

const scaleOf = ({ size }: HeadSizes): number => 1 / Math.sqrt(size);

/** Inputs query, key, value, mask; output out. */
export function forwardGraph(sizes: HeadSizes): OnnxGraph {
  const out = { probabilities: "probabilities", context: "out_heads" };
  return {
    nodes: [
      ...inputHeads(["query"]),
      ...attentionNodes("query_heads", "key_heads", "value_heads", out, scaleOf(sizes)),
      ...together("out"),
    ],
    inputs: ["query", "key", "value", "mask"],
    outputs: ["out"],
    constants: constantsOf(sizes),
  };
}

/**
 * Inputs dy, out, query, key, value, mask; outputs dquery, dkey, dvalue. P is computed again: dV = Pᵀ·dO, dP = dO·Vᵀ, dS = P∘(dP − δ),
 * dQ = scale·dS·K, dK = scale·dSᵀ·Q. δ = Σ dP∘P over the keys is Σ dO∘O over the width of a head (Dao et al. 2022), which is shorter.
 */
export function backwardGraph(sizes: HeadSizes): OnnxGraph {
  const scale = scaleOf(sizes);
  const scaled = { alpha: { float: scale } };
  return {
    nodes: [
      ...inputHeads(["query", "dy", "out"]),
      ...probabilityNodes("query_heads", "key_heads", "probabilities", scale),
      node("Mul", ["dy_heads", "out_heads"], "dy_out"),
      node("ReduceSum", ["dy_out", "last"], "delta", { keepdims: 1 }),
      node("FusedMatMul", ["probabilities", "dy_heads"], "dvalue_heads", { transA: 1 }),
      node("FusedMatMul", ["dy_heads", "value_heads"], "dp", { transB: 1 }),
      node("Sub", ["dp", "delta"], "dp_centred"),
      node("Mul", ["probabilities", "dp_centred"], "ds"),
      node("FusedMatMul", ["ds", "key_heads"], "dquery_heads", scaled),
      node("FusedMatMul", ["ds", "query_heads"], "dkey_heads", { transA: 1, ...scaled }),
      ...together("dquery"),
      ...["dkey", "dvalue"].map((name) => swapHeads(`${name}_heads`, name)),
    ],
    inputs: ["dy", "out", "query", "key", "value", "mask"],
    outputs: ["dquery", "dkey", "dvalue"],
    constants: constantsOf(sizes),
  };
}
