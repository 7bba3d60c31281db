import { columnRange, type Matrix, matrix, numericalRank, rankForEnergy, transpose, truncatedSvd } from "../../linalg/index.ts";
import type { Factors } from "./factors.ts";

export interface Extraction {
  readonly rows: number;
  readonly columns: number;
  /** Largest rank, and the rank itself when no energy is given */
  readonly rank: number;
  /** Share of the energy ‖ΔW‖² to hold, from 0 to 1: the smallest rank that does, at most `rank` */
  readonly energy?: number | undefined;
  /** See truncatedSvd; default 1e-10 */
  readonly tolerance?: number | undefined;
}

export interface Extracted {
  /** scale 1; rank 0 when there is nothing to hold */
  readonly factors: Factors;
  /** The singular values kept, descending */
  readonly singularValues: Float64Array;
  /** ‖ΔW‖² */
  readonly energy: number;
  /** ‖ΔW − b·a‖² before the factors are rounded to f32 */
  readonly tailEnergy: number;
  /** Bound of the error of each singular value, relative to the first */
  readonly residual: number;
}

/**
 * A LoRA module from a fine-tuned weight: the truncated decomposition of ΔW = fineTuned − base, √s on both sides.
 *   b = U·diag(√s)      a = diag(√s)·Vᵀ      scale 1
 * The difference, the decomposition and the energies are f64, the factors f32.
 * Limits: a rank past min(rows, columns) is cut to it, and singular values that are 0 to f64 rounding are dropped: equal
 * weights give rank 0.
 * Source: extraction by truncated SVD as in mergekit's extract-lora.
 * @param fineTuned row by row
 * @param base row by row
 * @throws RangeError for lengths that do not fit, a broken rank or share, or values that are not finite
 */
export function extractAdapter(
  fineTuned: Float32Array,
  base: Float32Array,
  { rows, columns, rank, energy: share, tolerance = 1e-10 }: Extraction,
): Extracted {
  if (fineTuned.length !== base.length)
    throw new RangeError(`The weights have ${fineTuned.length} and ${base.length} elements; a delta needs equal shapes.`);
  const delta = matrix(
    rows,
    columns,
    Float64Array.from(fineTuned, (x, i) => x - (base[i] as number)),
  );
  const { u, s, v, energy, tailEnergy, residual } = truncatedSvd(delta, rank, { tolerance });
  const kept = Math.min(numericalRank(s, rows, columns), share === undefined ? s.length : rankWithin(s, tailEnergy, share));
  const dropped = s.subarray(kept).reduce((sum, x) => sum + x * x, 0);
  const factors: Factors = {
    a: withRoots(transpose(columnRange(v, 0, kept)), (i) => s[Math.floor(i / columns)] as number),
    b: withRoots(columnRange(u, 0, kept), (i) => s[i % kept] as number),
    rank: kept,
    rows,
    columns,
    scale: 1,
  };
  return { factors, singularValues: s.slice(0, kept), energy, tailEnergy: tailEnergy + dropped, residual };
}

/** What was not computed counts as one more value, which is never kept. */
const rankWithin = (s: Float64Array, tailEnergy: number, share: number): number =>
  Math.min(s.length, rankForEnergy([...s, Math.sqrt(tailEnergy)], share));

const withRoots = ({ data }: Matrix, valueAt: (index: number) => number): Float32Array =>
  Float32Array.from(data, (x, i) => x * Math.sqrt(valueAt(i)));
