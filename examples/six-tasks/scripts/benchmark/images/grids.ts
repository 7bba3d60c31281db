import { drawItems } from "@amalgam/engine/laboratory";
import { type FisherAt, type TensorMap, trim } from "@amalgam/engine/merge-by-statistics";
import { diagonalFisher, moveTo } from "@amalgam/engine/statistics";
import { type Grids, TRIM } from "../arms.ts";
import type { ImageScorer } from "./scorer.ts";
import { reestimate } from "./statistics.ts";

/** Fisher information along every task vector; the statistics of batch normalisation follow the weights, from images of the expert's domain. */
export async function imageGrids(scorer: ImageScorer, { seed, examples }: { seed: number; examples: number }): Promise<Grids> {
  const gridsOf = async (lambdas: readonly number[], change: (delta: TensorMap) => TensorMap): Promise<FisherAt[][]> => {
    const grids: FisherAt[][] = [];
    for (const [i, { network, delta }] of scorer.set.experts.entries()) {
      const items = scorer.search[i] ?? [];
      const chosen = drawItems(items, examples, 1000 * seed + i);
      const grid: FisherAt[] = [];
      for (const lambda of lambdas) {
        moveTo(network.parameters, { base: scorer.set.base, delta: change(delta), lambda });
        reestimate(
          network,
          items.map(({ input }) => input),
        );
        grid.push({ lambda, fisher: (await diagonalFisher(network, chosen, { estimator: { kind: "exact" } })).values });
      }
      grids.push(grid);
    }
    return grids;
  };
  return {
    plain: await gridsOf([0, 0.25, 0.5, 0.75, 1], (delta) => delta),
    trimmed: await gridsOf([0, 0.5, 1, 1.5, 2], (delta) => trim(delta, TRIM)),
  };
}
