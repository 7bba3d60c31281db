import { armsOf } from "../arms.ts";
import { interval, percent, table, verdictOf } from "../markdown.ts";
import { deviation, mean, studentInterval } from "../over-seeds.ts";
import { type Condition, conditions, setComparisons } from "./conditions.ts";
import type { SetResults, SetStudy } from "./run.ts";

/** Titles of the arms, without anything to merge. */
const titles = armsOf(
  { tasks: [], base: new Map(), experts: [], ties: async () => new Map() },
  { plain: [], trimmed: [] },
).filter(({ id }) => id !== "df-random");

export function setsReport(results: readonly SetResults[], { sets, budget, examples }: SetStudy): string {
  const shown = conditions.filter(({ id }) => results.some(({ condition }) => condition === id));
  return [
    "# DF-Merge on experts trained anew",
    "",
    `Written by \`npm run benchmark:six-tasks -- sets --sets ${sets} --budget ${budget} --examples ${examples}\`. Every set has experts of its own, and its own Fisher examples and search; intervals cover`,
    "the chance in training. Report split, accuracy in %, means over sets ± their standard deviation.",
    "",
    resultTable(results, shown),
    "",
    "## Comparisons, written down before the first run",
    "",
    verdictTable(results, shown),
    "",
    "Differences are paired by set, with Student's 95 % interval. [What was registered](registered.md).",
    "",
  ].join("\n");
}

const of = (results: readonly SetResults[], { id }: Condition): SetResults[] =>
  results.filter(({ condition }) => condition === id);

function resultTable(results: readonly SetResults[], shown: readonly Condition[]): string {
  const cell = (values: readonly number[]): string => `${percent(mean(values))} ± ${percent(deviation(values))}`;
  const rows = titles.map(({ id, title }) => [
    title,
    ...shown.map((condition) => cell(of(results, condition).map(({ arms }) => arms[id]?.report ?? Number.NaN))),
  ]);
  const best = [
    "each expert on its own task",
    ...shown.map((condition) => cell(of(results, condition).map(({ experts }) => experts))),
  ];
  const head = ["method", ...shown.map((condition) => `${condition.title} (${of(results, condition).length})`)];
  return table(head, [...rows, best]);
}

function verdictTable(results: readonly SetResults[], shown: readonly Condition[]): string {
  const title = (id: string): string => titles.find((arm) => arm.id === id)?.title ?? id;
  const rows = shown.flatMap((condition) =>
    setComparisons.map(({ first, second, expected, primary }) => {
      const differences = of(results, condition).map(
        ({ arms }) => (arms[first]?.report ?? Number.NaN) - (arms[second]?.report ?? Number.NaN),
      );
      const what = [condition.title, primary ? "primary" : "secondary", title(first), title(second)];
      const direction = expected(condition);
      if (differences.length < 2) return [...what, direction ?? "open", "", "needs two sets"];
      const estimate = studentInterval(differences);
      const verdict = direction === null ? "nothing was expected" : verdictOf(estimate, direction);
      return [...what, direction ?? "open", interval(estimate), verdict];
    }),
  );
  return table(["condition", "kind", "this", "against", "expected", "difference in points", "verdict"], rows);
}
