import type { OnnxConstant, OnnxNode } from "../onnx.ts";

/** Pieces of graphs that several fused operations share. Names are of values in the graph; `prefix` keeps those inside a piece apart. */

export const sharedConstants: readonly OnnxConstant[] = [
  { name: "rows", value: [0] },
  { name: "last", value: [-1] },
  { name: "half", value: 0.5 },
  { name: "root_half", value: Math.SQRT1_2 },
  { name: "log_bell_height", value: -Math.log(2 * Math.PI) / 2 },
];

type NodeAttributes = OnnxNode["attributes"];

export const node = (
  op: string,
  inputs: readonly string[],
  out: string | readonly string[],
  attributes: NodeAttributes = {},
): OnnxNode => ({
  op,
  inputs,
  outputs: typeof out === "string" ? [out] : out,
  attributes,
});

/** x·Wᵀ + b with W [out, in]. */
export const linearNode = (x: string, weight: string, bias: string, out: string): OnnxNode =>
  node("Gemm", [x, weight, bias], out, { transB: 1 });

/** dx = dy·W (+ `add`, when the input has another use too), dW = dyᵀ·x, db = Σ rows of dy. */
export function linearGradientNodes(
  dy: string,
  x: string,
  weight: string,
  outs: { dx: string; dweight: string; dbias: string; add?: string },
) {
  return [
    node("Gemm", outs.add === undefined ? [dy, weight] : [dy, weight, outs.add], outs.dx),
    node("Gemm", [dy, x], outs.dweight, { transA: 1 }),
    node("ReduceSum", [dy, "rows"], outs.dbias, { keepdims: 0 }),
  ];
}

export const layerNormNode = (
  x: string,
  gamma: string,
  beta: string,
  outs: readonly [string, string, string],
  epsilon: number,
): OnnxNode => node("LayerNormalization", [x, gamma, beta], outs, { axis: -1, epsilon: { float: epsilon } });

export interface NormGradientNames {
  readonly dy: string;
  readonly x: string;
  readonly gamma: string;
  readonly mean: string;
  readonly inverse: string;
  readonly dx: string;
  readonly dgamma: string;
  readonly dbeta: string;
}

/** x̂ = (x − μ)/σ; dγ = Σ dy·x̂; dβ = Σ dy; dx = (g − mean(g) − x̂·mean(g·x̂))/σ with g = dy·γ. */
export function layerNormGradientNodes(prefix: string, names: NormGradientNames): OnnxNode[] {
  const p = (name: string) => `${prefix}_${name}`;
  const meanOfRow = { axes: [-1], keepdims: 1 };
  return [
    node("Sub", [names.x, names.mean], p("centred")),
    node("Mul", [p("centred"), names.inverse], p("normal")),
    node("Mul", [names.dy, p("normal")], p("dy_normal")),
    node("ReduceSum", [p("dy_normal"), "rows"], names.dgamma, { keepdims: 0 }),
    node("ReduceSum", [names.dy, "rows"], names.dbeta, { keepdims: 0 }),
    node("Mul", [names.dy, names.gamma], p("g")),
    node("ReduceMean", [p("g")], p("g_mean"), meanOfRow),
    node("Mul", [p("dy_normal"), names.gamma], p("g_normal")),
    node("ReduceMean", [p("g_normal")], p("g_normal_mean"), meanOfRow),
    node("Mul", [p("normal"), p("g_normal_mean")], p("parallel")),
    node("Sub", [p("g"), p("g_mean")], p("g_centred")),
    node("Sub", [p("g_centred"), p("parallel")], p("orthogonal")),
    node("Mul", [p("orthogonal"), names.inverse], names.dx),
  ];
}

/**
 * The exact GELU and its derivative together, sharing the error function:
 * Φ(x) = ½ + ½·erf(x/√2), gelu(x) = x·Φ(x), gelu'(x) = Φ(x) + x·exp(−x²/2)/√(2π).
 */
export function geluWithSlopeNodes(x: string, out: string, slope: string): OnnxNode[] {
  const p = (name: string) => `${out}_${name}`;
  return [
    node("Mul", [x, "root_half"], p("scaled")),
    node("Erf", [p("scaled")], p("erf")),
    node("Mul", [p("erf"), "half"], p("half_erf")),
    node("Add", [p("half_erf"), "half"], p("phi")),
    node("Mul", [x, p("phi")], out),
    node("Mul", [p("scaled"), p("scaled")], p("square")),
    node("Sub", ["log_bell_height", p("square")], p("exponent")),
    node("Exp", [p("exponent")], p("bell")),
    node("Mul", [x, p("bell")], p("lean")),
    node("Add", [p("phi"), p("lean")], slope),
  ];
}

/** [batch, length, heads, width] ↔ [batch, heads, length, width] */
export const swapHeads = (x: string, out: string): OnnxNode => node("Transpose", [x], out, { perm: [0, 2, 1, 3] });

const product = (a: string, b: string, out: string, attributes: NodeAttributes = {}) =>
  node("FusedMatMul", [a, b], out, attributes);

/** Heads apart: P = softmax(scale·Q·Kᵀ + mask). */
export function probabilityNodes(query: string, key: string, probabilities: string, scale: number) {
  return [
    product(query, key, "scores", { transB: 1, alpha: { float: scale } }),
    node("Add", ["scores", "mask"], "masked"),
    node("Softmax", ["masked"], probabilities, { axis: -1 }),
  ];
}

/** Heads apart: P as above, context = P·V. */
export function attentionNodes(
  query: string,
  key: string,
  value: string,
  out: { probabilities: string; context: string },
  scale: number,
) {
  return [...probabilityNodes(query, key, out.probabilities, scale), product(out.probabilities, value, out.context)];
}

/** P = softmax(S): dV = Pᵀ·dO, dP = dO·Vᵀ, dS = P∘(dP − Σ dP∘P), dQ = scale·dS·K, dK = scale·dSᵀ·Q. All with heads apart. */
export function attentionGradientNodes(
  names: { dy: string; query: string; key: string; value: string; probabilities: string },
  outs: { dquery: string; dkey: string; dvalue: string },
  scale: number,
) {
  return [
    product(names.probabilities, names.dy, outs.dvalue, { transA: 1 }),
    product(names.dy, names.value, "dp", { transB: 1 }),
    node("Mul", ["dp", names.probabilities], "dp_p"),
    node("ReduceSum", ["dp_p", "last"], "dp_p_total", { keepdims: 1 }),
    node("Sub", ["dp", "dp_p_total"], "dp_centred"),
    node("Mul", [names.probabilities, "dp_centred"], "ds"),
    product("ds", names.key, outs.dquery, { alpha: { float: scale } }),
    product("ds", names.query, outs.dkey, { transA: 1, alpha: { float: scale } }),
  ];
}
