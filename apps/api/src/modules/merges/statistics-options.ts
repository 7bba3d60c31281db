import { z } from "zod";
import { gridField, measureFields } from "../statistics/measure-options.ts";

const task = z.string().max(200);

/** How a merge has those statistics measured that its recipe does not name. */
export const statisticsOptions = z.object({
  ...measureFields,
  /** By parent, in recipe order; null or absent: the task whose expert the parent is */
  tasks: z.array(task.nullable()).max(64, "There is one task for each parent at most.").nullish(),
  baseTask: task.nullish(),
  /** Number of λ, evenly spaced; absent: only the λ that the recipe says, or the usual grid where it says several */
  grid: gridField,
});

export type StatisticsOptions = z.output<typeof statisticsOptions>;
