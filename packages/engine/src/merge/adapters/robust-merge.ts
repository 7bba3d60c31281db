import { refuse } from "../fault.ts";
import { commonShape } from "./combine.ts";
import type { Factors } from "./factors.ts";

export interface RobustMergeOptions {
  /** Share of each factor's entries, the largest, that is kept; over 0, at most 1; default 0.2 */
  readonly keep?: number;
  /** Share of the ranks, those that pruning shrank most, that keep a scale of their own; 0 to 1; default 0.2 */
  readonly distinct?: number;
  /** Factor c of both sums; the paper's 2 was never tuned, so search it; default 2 */
  readonly coefficient?: number;
}

/**
 * RobustMerge (CoPA-Merging) of one LoRA module of several adapters. For each adapter i, with Â, B̂ the factors cut to magnitudes
 * from their ⌊(1 − keep)·n⌋-th smallest on, n the entries of a factor:
 *   sᵢ[k] = Σⱼ |Aᵢ[k,j]| / Σⱼ |Âᵢ[k,j]|, but at least the value at position ⌊(1 − distinct)·rank⌋, from 0, of the sorted sᵢ
 *   A = c·Σᵢ Âᵢ      B[:,k] = c·Σᵢ B̂ᵢ[:,k]·sᵢ[k] / Σᵢ sᵢ[k]
 * Each adapter's own scale (alpha / rank) is taken into its B first; the result has scale 1.
 * Limits: every row of Â keeps its largest entry, else sᵢ would be infinite; a row of zeros has sᵢ = 1. Entries as large as the cut
 * are all kept. keep 1 cuts nothing; distinct 0 gives every rank the largest scale. c enters the delta as c². The delta holds the
 * products B̂ᵢ·Âⱼ of different adapters too. In f64, results f32. What is trained beside LoRA is averaged elsewhere.
 * Source: Zeng et al. 2025, https://arxiv.org/abs/2502.17159.
 * @throws RefusedError for no adapter, other shapes or ranks; RangeError for an option out of range
 */
export function robustMerge(
  adapters: readonly Factors[],
  { keep = 0.2, distinct = 0.2, coefficient = 2 }: RobustMergeOptions = {},
): Factors {
  if (!(keep > 0 && keep <= 1)) throw new RangeError(`keep is over 0 and at most 1, not ${keep}.`);
  if (!(distinct >= 0 && distinct <= 1)) throw new RangeError(`distinct lies between 0 and 1, not at ${distinct}.`);
  if (!Number.isFinite(coefficient)) throw new RangeError(`coefficient is a finite number, not ${coefficient}.`);
  const { rows, columns, rank } = commonShape(adapters.map((factors) => ({ factors })));
  const odd = adapters.findIndex((factors) => factors.rank !== rank);
  if (odd >= 0)
    throw refuse("ADAPTER_RANK_MISMATCH", `Adapter ${odd} has rank ${adapters[odd]?.rank}, the first ${rank}.`, [odd]);
  const a = new Float64Array(rank * columns);
  const b = new Float64Array(rows * rank);
  const totals = new Float64Array(rank);
  for (const factors of adapters) {
    const kept = pruned(factors.a, keep, columns);
    const scales = raised(rowScales(factors.a, kept, rank), distinct);
    const prunedB = pruned(factors.b, keep, null);
    for (let i = 0; i < a.length; i += 1) a[i] = (a[i] as number) + coefficient * (kept[i] as number);
    for (let i = 0; i < b.length; i += 1)
      b[i] = (b[i] as number) + coefficient * factors.scale * (prunedB[i] as number) * (scales[i % rank] as number);
    for (let k = 0; k < rank; k += 1) totals[k] = (totals[k] as number) + (scales[k] as number);
  }
  const merged = Float32Array.from(b, (x, i) => x / (totals[i % rank] as number));
  return { a: Float32Array.from(a), b: merged, rank, rows, columns, scale: 1 };
}

/**
 * Zeros in place of the smallest entries.
 * @param rowLength when given, every row of this length keeps its largest entry besides
 */
function pruned(values: Float32Array, keep: number, rowLength: number | null): Float32Array {
  const cut = Math.floor(values.length * (1 - keep));
  if (cut === 0) return values;
  const threshold = values.map(Math.abs).sort()[cut - 1] as number;
  const result = values.map((x) => (Math.abs(x) >= threshold ? x : 0));
  if (rowLength !== null) keepOneOfEachRow(values, result, rowLength);
  return result;
}

function keepOneOfEachRow(values: Float32Array, result: Float32Array, rowLength: number): void {
  for (let begin = 0; begin < values.length; begin += rowLength) {
    let largest = begin;
    for (let i = begin; i < begin + rowLength; i += 1) {
      if (Math.abs(values[i] as number) > Math.abs(values[largest] as number)) largest = i;
    }
    result[largest] = values[largest] as number;
  }
}

/** How much each row's sum of magnitudes shrank: 1 where nothing was cut. */
function rowScales(values: Float32Array, kept: Float32Array, rank: number): Float64Array {
  const columns = values.length / rank;
  return Float64Array.from({ length: rank }, (_, k) => {
    const left = sumOfMagnitudes(kept.subarray(k * columns, (k + 1) * columns));
    return left === 0 ? 1 : sumOfMagnitudes(values.subarray(k * columns, (k + 1) * columns)) / left;
  });
}

function sumOfMagnitudes(values: Float32Array): number {
  let sum = 0;
  for (const x of values) sum += Math.abs(x);
  return sum;
}

/** Scales below the one at position ⌊(1 − distinct)·rank⌋ of the sorted ones are raised to it. */
function raised(scales: Float64Array, distinct: number): Float64Array {
  const position = Math.min(scales.length - 1, Math.floor(scales.length * (1 - distinct)));
  const least = scales.slice().sort()[position] ?? 1;
  return scales.map((scale) => Math.max(scale, least));
}
