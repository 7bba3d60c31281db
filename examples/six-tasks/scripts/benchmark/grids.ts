import { drawItems, fisherGrids } from "@amalgam/engine/laboratory";
import { type FisherAt, type TensorMap, trim } from "@amalgam/engine/merge-by-statistics";
import { type Grids, TRIM } from "./arms.ts";
import type { SixTasks } from "./laboratory.ts";

/** Which Fisher information: a seed draws the examples, so every part of the benchmark that names the same two numbers has the same. */
export interface FisherDraw {
  readonly seed: number;
  /** A task. */
  readonly examples: number;
}

const PLAIN = [0, 0.25, 0.5, 0.75, 1];
const TRIMMED = [0, 0.5, 1, 1.5, 2];

export const say = (text: string): boolean => process.stderr.write(`${text}\n`);

/** Fisher information along the task vectors as they are. */
export function plainGrids(sixTasks: SixTasks, draw: FisherDraw): Promise<FisherAt[][]> {
  return gridsOf(sixTasks, draw, PLAIN, (delta) => delta);
}

export async function measureGrids(sixTasks: SixTasks, draw: FisherDraw): Promise<Grids> {
  return {
    plain: await plainGrids(sixTasks, draw),
    trimmed: await gridsOf(sixTasks, draw, TRIMMED, (delta) => trim(delta, TRIM)),
  };
}

function gridsOf(
  { laboratory, examples }: SixTasks,
  { seed, examples: count }: FisherDraw,
  lambdas: readonly number[],
  change: (delta: TensorMap) => TensorMap,
): Promise<FisherAt[][]> {
  const chosen = examples.search.map((own, i) => drawItems(own, count, 1000 * seed + i));
  const deltas = laboratory.experts.map(({ delta }) => change(delta));
  const onProgress = ({ done, total }: { done: number; total: number }) =>
    say(`Seed ${seed}: Fisher information from ${count} examples a task: ${done} of ${total}`);
  return fisherGrids(laboratory, deltas, chosen, { lambdas, onProgress });
}
