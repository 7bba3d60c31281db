import type { GainRow } from "../../components/gain-plot.tsx";
import type { Axis } from "../../components/interval-bar.tsx";
import type { EvaluationRowFragment } from "../../gql/graphql.ts";
import { type Board, boundsByTask, gainKept, taskLabel } from "../leaderboards/board.ts";
import { colourOf } from "./mixture.ts";

type Evaluation = Pick<EvaluationRowFragment, "value" | "low" | "high" | "task" | "split">;

/** A version's report scores against the base and each task's expert, in the order of the suite. */
export function gainRows(evaluations: readonly Evaluation[], board: Board): GainRow[] {
  const bounds = boundsByTask(board);
  return board.tasks.flatMap((task) => {
    const evaluation = evaluations.find((candidate) => candidate.task.id === task.id && candidate.split.purpose === "REPORT");
    if (!evaluation || evaluation.value === null) return [];
    const limits = bounds.get(task.id);
    return [
      {
        key: task.id,
        label: taskLabel(task),
        colour: task.expert ? colourOf(task.expert) : "var(--ink-4)",
        value: evaluation.value,
        low: evaluation.low ?? evaluation.value,
        high: evaluation.high ?? evaluation.value,
        from: limits?.base ?? null,
        to: limits?.expert ?? null,
        kept: gainKept(evaluation.value, limits),
      },
    ];
  });
}

/** One axis for all rows, in tenths, with room at both ends. */
export function gainAxis(rows: readonly GainRow[]): Axis {
  const values = rows.flatMap((row) => [row.value, row.low, row.high, row.from ?? row.value, row.to ?? row.value]);
  const low = Math.max(0, Math.floor((Math.min(...values) - 0.02) * 10) / 10);
  const high = Math.min(1, Math.ceil((Math.max(...values) + 0.005) * 10) / 10);
  const step = high - low > 0.5 ? 0.2 : 0.1;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + 1e-9; tick += step) ticks.push(Number(tick.toFixed(1)));
  return { low, high, ticks };
}
