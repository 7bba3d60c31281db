import {
  columnRange,
  energyFrom,
  type Matrix,
  matrix,
  multiply,
  qr,
  type Svd,
  thinSvd,
  transpose,
  zeros,
} from "../../linalg/index.ts";
import { refuse } from "../fault.ts";
import type { Factors } from "./factors.ts";

/** One module of one adapter and the weight of that adapter. */
export interface Weighted {
  readonly factors: Factors;
  /** Finite, of either sign */
  readonly weight: number;
}

/**
 * Adds up the factors themselves; every rank must be the same. With f = weight · scale of each adapter:
 *   a = Σ sign(f)·√|f|·aᵢ      b = Σ √|f|·bᵢ      scale 1
 * Limits: b·a holds the products bᵢ·aⱼ of different adapters too, so it is not the sum of their deltas (one adapter alone is exact
 * to rounding). Sums in f64 in the order given, results f32.
 * Source: add_weighted_adapter, combination "linear", of huggingface/peft.
 * @throws RefusedError for no adapter, other shapes or ranks
 */
export function combineLinear(parts: readonly Weighted[]): Factors {
  const { rows, columns, rank } = checked(parts);
  const odd = parts.findIndex(({ factors }) => factors.rank !== rank);
  if (odd >= 0)
    throw refuse(
      "ADAPTER_RANK_MISMATCH",
      `Adapter ${odd} has rank ${parts[odd]?.factors.rank}, the first ${rank}; use cat or svd.`,
      [odd],
    );
  const a = new Float64Array(rank * columns);
  const b = new Float64Array(rows * rank);
  for (const { factors, weight } of parts) {
    const factor = weight * factors.scale;
    const root = Math.sqrt(Math.abs(factor));
    addTo(a, factors.a, factor < 0 ? -root : root);
    addTo(b, factors.b, root);
  }
  return { a: Float32Array.from(a), b: Float32Array.from(b), rank, rows, columns, scale: 1 };
}

/**
 * Stacks the factors: a holds weight · scale · aᵢ one below the other, b the bᵢ side by side. Exactly Σ weight · scale · bᵢ·aᵢ but
 * for the rounding of a to f32. The rank is the sum of the ranks, the scale 1.
 * Source: add_weighted_adapter, combination "cat", of huggingface/peft.
 * @throws RefusedError for no adapter or other shapes
 */
export function combineCat(parts: readonly Weighted[]): Factors {
  const { rows, columns } = checked(parts);
  const { left, right } = stacked(parts, rows, columns);
  return { a: Float32Array.from(right.data), b: Float32Array.from(left.data), rank: left.columns, rows, columns, scale: 1 };
}

/** A combination that was cut, and what was cut off. */
export interface Truncated {
  readonly factors: Factors;
  /** All singular values of the sum of the deltas that can differ from 0, descending */
  readonly singularValues: Float64Array;
  /** Σ s² of the values left out: the squared error */
  readonly tailEnergy: number;
}

/**
 * The best approximation of Σ weight · scale · bᵢ·aᵢ of a rank: b = U·diag(s), a = Vᵀ, scale 1. The decomposition is taken from QR of
 * the stacked factors and never forms the sum, so it costs (rows + columns) · (Σ ranks)².
 * Limits: the rank is cut to what there is, min(rows, columns, Σ ranks). In f64, results f32.
 * Source: add_weighted_adapter, combination "svd", of huggingface/peft.
 * @param rank default: the largest rank among the adapters
 * @throws RefusedError for no adapter or other shapes; RangeError for a rank that is not a whole number from 0 on
 */
export function combineSvd(parts: readonly Weighted[], rank?: number): Truncated {
  const { rows, columns } = checked(parts);
  const wanted = rank ?? parts.reduce((largest, { factors }) => Math.max(largest, factors.rank), 0);
  if (!Number.isSafeInteger(wanted) || wanted < 0) throw new RangeError(`A rank is a whole number from 0 on, not ${wanted}.`);
  const { left, right } = stacked(parts, rows, columns);
  const { u, s, v } = productSvd(left, right);
  const kept = Math.min(wanted, s.length);
  const b = columnRange(u, 0, kept);
  const factors: Factors = {
    a: Float32Array.from(transpose(columnRange(v, 0, kept)).data),
    b: Float32Array.from(b.data, (x, i) => x * (s[i % kept] as number)),
    rank: kept,
    rows,
    columns,
    scale: 1,
  };
  return { factors, singularValues: s, tailEnergy: energyFrom(s, kept) };
}

/** Thin SVD of left·right from QR of both: (Q₁R₁)(Q₂R₂)ᵀ = Q₁·(R₁R₂ᵀ)·Q₂ᵀ, with a small matrix in the middle. */
function productSvd(left: Matrix, right: Matrix): Svd {
  const first = qr(left);
  const second = qr(transpose(right));
  const { u, s, v } = thinSvd(multiply(first.r, second.r, { transposeB: true }));
  return { u: multiply(first.q, u), s, v: multiply(second.q, v) };
}

/** All bᵢ side by side, and all weight · scale · aᵢ one below the other. */
function stacked(parts: readonly Weighted[], rows: number, columns: number): { left: Matrix; right: Matrix } {
  const total = parts.reduce((sum, { factors }) => sum + factors.rank, 0);
  const left = zeros(rows, total);
  const right = new Float64Array(total * columns);
  let at = 0;
  for (const { factors, weight } of parts) {
    const { a, b, rank, scale } = factors;
    for (let i = 0; i < rows; i += 1) left.data.set(b.subarray(i * rank, (i + 1) * rank), i * total + at);
    addTo(right.subarray(at * columns), a, weight * scale);
    at += rank;
  }
  return { left, right: matrix(total, columns, right) };
}

function addTo(sums: Float64Array, values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i += 1) sums[i] = (sums[i] as number) + factor * (values[i] as number);
}

/** As `commonShape`, with every weight and scale finite. @throws RefusedError */
function checked(parts: readonly Weighted[]): Factors {
  parts.forEach(({ factors, weight }, i) => {
    if (!Number.isFinite(weight * factors.scale))
      throw refuse(
        "ADAPTER_WEIGHT_INVALID",
        `Adapter ${i} has weight ${weight} and scale ${factors.scale}; both must be finite.`,
        [i],
      );
  });
  return commonShape(parts);
}

/** Shape of all modules and rank of the first. @throws RefusedError */
export function commonShape(parts: readonly { readonly factors: Factors }[]): Factors {
  const [first] = parts;
  if (first === undefined) throw refuse("ADAPTER_MISSING", "Adapters cannot be combined: there is none.");
  const { rows, columns } = first.factors;
  parts.forEach(({ factors }, i) => {
    if (factors.rows !== rows || factors.columns !== columns) {
      const shapes = `[${factors.rows}, ${factors.columns}], the first one to [${rows}, ${columns}]`;
      throw refuse("ADAPTER_SHAPE_MISMATCH", `Adapter ${i} belongs to a tensor of shape ${shapes}.`, [i]);
    }
  });
  return first.factors;
}
