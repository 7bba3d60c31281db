import type { FisherAt, TensorMap } from "@amalgam/engine/merge-by-statistics";
import { diagonalFisher } from "@amalgam/engine/statistics";
import { combine, type Laboratory, putTrunk } from "./laboratory.ts";

export interface GridOptions {
  readonly examples: number;
  readonly lambdas: readonly number[];
  readonly seed: number;
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * For every task, exact Fisher information of θ₀ + λτ at a few λ, on examples drawn from the search split: held out from training, as training items
 * make it worse. The same examples at every λ.
 */
export async function fisherGrids(
  laboratory: Laboratory,
  deltas: readonly TensorMap[],
  { examples, lambdas, seed, onProgress }: GridOptions,
): Promise<FisherAt[][]> {
  const grids: FisherAt[][] = [];
  let done = 0;
  for (const [i, { network, examples: own }] of laboratory.benches.entries()) {
    const chosen = draw(own.search, examples, seed + i);
    const grid: FisherAt[] = [];
    for (const lambda of lambdas) {
      const delta = deltas[i] ?? new Map();
      putTrunk(
        network,
        combine(laboratory.base, (name, p, value) => value + lambda * (delta.get(name)?.[p] ?? 0)),
      );
      const { values } = await diagonalFisher(network, chosen, { estimator: { kind: "exact" } });
      grid.push({ lambda, fisher: values });
      done += 1;
      onProgress(done, lambdas.length * laboratory.benches.length);
    }
    grids.push(grid);
  }
  return grids;
}

/** `count` of the items without replacement, by a seeded shuffle. */
function draw<T>(items: readonly T[], count: number, seed: number): T[] {
  const keyed = items.map((item, at) => ({ item, key: Math.imul((at + 1) ^ Math.imul(seed + 1, 0x9e3779b1), 0x85ebca6b) >>> 0 }));
  return keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ item }) => item);
}
