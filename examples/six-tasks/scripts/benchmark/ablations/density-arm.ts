import { drawItems, fisherGrids } from "@amalgam/engine/laboratory";
import { dfMerge, type FisherAt, interpolateFisher, type TensorMap, trim } from "@amalgam/engine/merge-by-statistics";
import type { Space } from "@amalgam/engine/tune";
import type { Arm } from "../arms.ts";
import { type FisherDraw, say } from "../grids.ts";
import type { SixTasks } from "../laboratory.ts";

const LAMBDAS = [0, 0.5, 1, 1.5, 2];
/** Densities at which Fisher information is measured; between them ln F is interpolated, linearly in the logarithm of the density. */
const DENSITIES = [0.05, 0.2, 0.5, 1];

/** Trimmed DF-Merge with the density as one more coordinate of the search. */
export async function densityArm(sixTasks: SixTasks, { seed, examples }: FisherDraw): Promise<Arm> {
  const { laboratory, tasks } = sixTasks;
  const deltas = laboratory.experts.map(({ delta }) => delta);
  const chosen = sixTasks.examples.search.map((own, i) => drawItems(own, examples, 1000 * seed + i));
  const byDensity: { readonly density: number; readonly grids: FisherAt[][] }[] = [];
  for (const density of DENSITIES) {
    const trimmed = deltas.map((delta) => trim(delta, density));
    byDensity.push({ density, grids: await fisherGrids(laboratory, trimmed, chosen, { lambdas: LAMBDAS }) });
    say(`Seed ${seed}: Fisher information at density ${density}`);
  }
  const fisherOf = (i: number, lambda: number, density: number): TensorMap =>
    interpolateFisher(
      byDensity.map(({ density: at, grids }) => ({ lambda: Math.log(at), fisher: interpolateFisher(grids[i] ?? [], lambda) })),
      Math.log(density),
    );
  const space: Space = [
    ...tasks.map((task) => ({ name: task, kind: "float", low: 0, high: 2 }) as const),
    { name: "density", kind: "float", low: 0.05, high: 1, log: true },
  ];
  const start = (lambda: number, density: number) => ({ ...Object.fromEntries(tasks.map((task) => [task, lambda])), density });
  return {
    id: "density",
    title: "DF-Merge, density searched (ours)",
    space,
    anchors: [start(1 / tasks.length, 1), start(0.3, 1), start(0.5, 0.2), start(1, 0.2)],
    merge: (params) => {
      const { density = 1 } = params;
      const models = deltas.map((delta, i) => {
        const lambda = params[tasks[i] ?? ""] ?? 0;
        return { delta: trim(delta, density), lambda, fisher: fisherOf(i, lambda, density) };
      });
      return dfMerge(laboratory.base, models);
    },
  };
}
