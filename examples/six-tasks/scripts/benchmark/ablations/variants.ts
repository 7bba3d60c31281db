import { drawItems, scoreTrunk } from "@amalgam/engine/laboratory";
import type { TensorMap } from "@amalgam/engine/merge-by-statistics";
import type { CorrectBits } from "@amalgam/engine/scores";
import { incumbent, type Trial } from "@amalgam/engine/tune";
import { type Arm, armsOf } from "../arms.ts";
import { plainGrids } from "../grids.ts";
import type { SixTasks } from "../laboratory.ts";
import type { SeedResults } from "../results.ts";
import { mergeable } from "../table/run.ts";
import { tuneArm } from "../tune-arm.ts";
import { densityArm } from "./density-arm.ts";

export interface AblationContext {
  readonly sixTasks: SixTasks;
  readonly folder: string;
  readonly seed: number;
  readonly budget: number;
  /** Of the table: Fisher examples a task. */
  readonly examples: number;
  /** What the table found for this seed. */
  readonly table: SeedResults;
  logOf(variant: string): string;
  /** Arms of the table with Fisher information from so many examples, on the same draw. */
  arms(examples: number): Promise<readonly Arm[]>;
}

/** One change to DF-Merge as the table has it. */
export interface Variant {
  readonly id: string;
  readonly title: string;
  readonly group: string;
  run(context: AblationContext): Promise<readonly CorrectBits[]>;
}

const armOf = async ({ arms }: AblationContext, examples: number, id: string): Promise<Arm> => {
  const found = (await arms(examples)).find((arm) => arm.id === id);
  if (found === undefined) throw new Error(`not reached: there is an arm "${id}"`);
  return found;
};

async function tuned(context: AblationContext, variant: string, arm: Arm, validation = Number.POSITIVE_INFINITY) {
  const { laboratory, examples } = context.sixTasks;
  const search = examples.search.map((own, i) =>
    validation < own.length ? drawItems(own, validation, 5000 * context.seed + i) : own,
  );
  const score = (trunk: TensorMap, split: "search" | "report") =>
    scoreTrunk(laboratory, trunk, split === "search" ? search : examples.report);
  const { budget, seed } = context;
  const { report } = await tuneArm(score, arm, { budget, seed, log: context.logOf(variant), onTrial: () => {} });
  return report;
}

const known = (id: string, title: string, group: string): Variant => ({
  id,
  title,
  group,
  run: async ({ table }) => table.arms.get(id)?.report ?? [],
});

const withExamples = (count: number): Variant => ({
  id: `examples-${count}`,
  title: `${count} examples a task`,
  group: "Fisher examples",
  run: async (context) => tuned(context, `examples-${count}`, await armOf(context, count, "df")),
});

const withValidation = (count: number, arm: "df" | "df-shared"): Variant => {
  const id = `validation-${count}${arm === "df" ? "" : "-shared"}`;
  const title = `${count} validation items a task${arm === "df" ? "" : ", one λ"}`;
  return {
    id,
    title,
    group: "Validation items",
    run: async (context) => tuned(context, id, await armOf(context, context.examples, arm), count),
  };
};

const afterTrials = (count: number): Variant => ({
  id: `trials-${count}`,
  title: `${count} merges`,
  group: "Merges",
  run: async (context) => {
    const { sixTasks, table, seed } = context;
    const arm = await armOf(context, context.examples, "df");
    const records = table.arms.get("df")?.records.slice(0, count) ?? [];
    const trials = records.map(({ params, value }): Trial => ({ params, value, state: "complete" }));
    const best = records[incumbent(arm.space, trials, "smoothed", seed)?.trial ?? 0];
    return scoreTrunk(sixTasks.laboratory, await arm.merge(best?.params ?? {}), sixTasks.examples.report);
  },
});

export const variants: readonly Variant[] = [
  known("df", "DF-Merge as in the table", "Reference"),
  known("task-arithmetic-bo", "without Fisher information", "Fisher information"),
  known("df-frozen", "frozen at the experts", "Fisher information"),
  withExamples(8),
  withExamples(30),
  afterTrials(10),
  afterTrials(20),
  afterTrials(30),
  withValidation(50, "df"),
  withValidation(50, "df-shared"),
  withValidation(150, "df"),
  known("trimmed-df", "density fixed at 0.2", "Trimming"),
  {
    id: "density",
    title: "density searched",
    group: "Trimming",
    run: async (context) => {
      const { sixTasks, seed, examples } = context;
      return tuned(context, "density", await densityArm(sixTasks, { seed, examples }));
    },
  },
];

/** The arms of the table on Fisher information from `examples`; only arms that need no trimmed vectors' information may be used. */
export async function plainArms(sixTasks: SixTasks, folder: string, draw: { seed: number; examples: number }): Promise<Arm[]> {
  return armsOf(mergeable(sixTasks, folder), { plain: await plainGrids(sixTasks, draw), trimmed: [] });
}
