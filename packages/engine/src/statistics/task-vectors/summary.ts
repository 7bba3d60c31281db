import type { Moments } from "./moments.ts";

export interface TaskVectorSummary {
  readonly elements: number;
  /** ‖τᵢ‖ of each model. */
  readonly norms: readonly number[];
  /** ⟨τᵢ, τⱼ⟩ / (‖τᵢ‖‖τⱼ‖), row after row; null where one of them is zero. */
  readonly cosines: readonly (readonly (number | null)[])[];
  /** Of the elements that a model changed, the share that one raised and another lowered; null where none changed. */
  readonly signConflicts: number | null;
  /** |topᵢ ∩ topⱼ| / min(|topᵢ|, |topⱼ|) of the largest elements; null where one of them has none. */
  readonly topOverlaps: readonly (readonly (number | null)[])[];
}

export function summariseMoments({ models, elements, products, changed, conflicts, top, shared }: Moments): TaskVectorSummary {
  const norms = Array.from({ length: models }, (_, i) => Math.sqrt(products[i * models + i] as number));
  const matrix = (entry: (i: number, j: number) => number | null) =>
    Array.from({ length: models }, (_, i) => Array.from({ length: models }, (_unused, j) => entry(i, j)));
  return {
    elements,
    norms,
    cosines: matrix((i, j) => {
      const length = (norms[i] as number) * (norms[j] as number);
      if (length === 0) return null;
      return i === j ? 1 : Math.max(-1, Math.min(1, (products[i * models + j] as number) / length));
    }),
    signConflicts: changed === 0 ? null : conflicts / changed,
    topOverlaps: matrix((i, j) => {
      const least = Math.min(top[i] as number, top[j] as number);
      return least === 0 ? null : (shared[i * models + j] as number) / least;
    }),
  };
}
