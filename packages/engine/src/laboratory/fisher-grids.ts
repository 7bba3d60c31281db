import type { FisherAt, TensorMap } from "../merge-by-statistics/index.ts";
import { type FisherEstimator, fisherAt, type StatisticExample } from "../statistics/index.ts";
import type { Laboratory } from "./laboratory.ts";

export interface FisherGridsOptions {
  /** Ascending λ at which the information is measured; between them it is interpolated. */
  readonly lambdas: readonly number[];
  /** Default: exact. */
  readonly estimator?: FisherEstimator;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/**
 * For every expert, diagonal Fisher information of θ₀ + λτ on its own task, at a few λ: what DF-Merge needs for a whole search.
 * @param deltas task vectors in the order of the experts, as they are or trimmed
 * @param examples of each expert; held out from its training, as training items make it worse
 */
export async function fisherGrids(
  laboratory: Laboratory,
  deltas: readonly TensorMap[],
  examples: readonly (readonly StatisticExample[])[],
  { lambdas, estimator = { kind: "exact" }, signal, onProgress }: FisherGridsOptions,
): Promise<FisherAt[][]> {
  const grids: FisherAt[][] = [];
  let done = 0;
  for (const [i, { network }] of laboratory.experts.entries()) {
    const grid: FisherAt[] = [];
    for (const lambda of lambdas) {
      const point = { base: laboratory.base, delta: deltas[i] ?? new Map(), lambda };
      const { values } = await fisherAt(network, point, examples[i] ?? [], {
        estimator,
        ...(signal === undefined ? {} : { signal }),
      });
      grid.push({ lambda, fisher: values });
      done += 1;
      onProgress?.({ done, total: lambdas.length * laboratory.experts.length });
    }
    grids.push(grid);
  }
  return grids;
}

/** `count` of the items without replacement, in an order that depends on the seed alone. */
export function drawItems<T>(items: readonly T[], count: number, seed: number): T[] {
  const mix = (value: number): number => {
    let x = Math.imul(value ^ (value >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return (x ^ (x >>> 16)) >>> 0;
  };
  const keyed = items.map((item, at) => ({ item, key: mix(mix(at + 1) ^ mix(seed + 0x9e3779b9)) }));
  return keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ item }) => item);
}
