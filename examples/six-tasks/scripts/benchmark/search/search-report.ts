import { interval, percent, table, verdictOf } from "../markdown.ts";
import { mean, median, studentInterval } from "../over-seeds.ts";
import { type SearchComparison, searchComparisons } from "./comparisons.ts";
import { marks, optimisers, reportMarks } from "./optimisers.ts";
import type { OptimiserRun } from "./run-optimiser.ts";

export interface SearchReportInput {
  readonly runs: readonly OptimiserRun[];
  readonly seeds: readonly number[];
  readonly budget: number;
  readonly examples: number;
}

export function searchReport({ runs, seeds, budget, examples }: SearchReportInput): string {
  return [
    "# Bayesian optimisation against random search",
    "",
    `Written by \`npm run benchmark:six-tasks -- search --budget ${budget} --examples ${examples} --seeds ${seeds.join(",")}\`. One objective: accuracy on the search split of DF-Merge of six experts, a λ for`,
    `each in [0, 1], with Fisher information from ${examples} examples a task (those of seed 1). Every optimiser has ${budget} merges, the last three 30; a seed decides what it draws. "After anchors": the same λ for`,
    "all tasks, 1/6, 0.3, 0.5 and 1, are tried first. Nothing was tuned on the report split.",
    "",
    "![Best accuracy so far by trial](six-tasks-search.svg)",
    "",
    "Medians over seeds; shaded: the middle half of the two that the primary comparison is about.",
    "",
    "## Best on the search split, and the incumbent on the report split",
    "",
    resultTable(runs),
    "",
    `Medians over ${seeds.length} seeds, with the lowest and highest of the last one; report: mean. The incumbent is the trial that the surrogate's mean holds for best, for every optimiser alike.`,
    "",
    "## Comparisons, written down before the first run",
    "",
    verdictTable(runs),
    "",
    "Differences are paired by seed, with Student's 95 % interval over seeds: for the chance in the search, on one objective. The last column counts the seeds in which the first was ahead.",
    "[What was registered](registered.md).",
    "",
  ].join("\n");
}

const best = ({ values }: OptimiserRun, trials: number): number => Math.max(...values.slice(0, trials));
const of = (runs: readonly OptimiserRun[], id: string): OptimiserRun[] => runs.filter(({ optimiser }) => optimiser === id);

function resultTable(runs: readonly OptimiserRun[]): string {
  const rows = optimisers.flatMap(({ id, title }) => {
    const own = of(runs, id);
    if (own.length === 0) return [];
    const length = Math.min(...own.map(({ values }) => values.length));
    const final = own.map((run) => best(run, length));
    const told = (trials: number, text: () => string): string => (trials > length ? "" : text());
    const cells = [
      title,
      ...marks.map((trials) => told(trials, () => percent(median(own.map((run) => best(run, trials))), 2))),
      `${percent(Math.min(...final), 2)} to ${percent(Math.max(...final), 2)}`,
      ...reportMarks.map((n) => told(n, () => percent(mean(own.map(({ report }) => report[n] ?? Number.NaN)), 2))),
    ];
    return [cells];
  });
  const head = ["optimiser", ...marks.map((n) => `search, ${n} trials`), "range", ...reportMarks.map((n) => `report, ${n}`)];
  return table(head, rows);
}

function verdictTable(runs: readonly OptimiserRun[]): string {
  const title = (id: string): string => optimisers.find((each) => each.id === id)?.title ?? id;
  const rows = searchComparisons.map((comparison) => {
    const { first, second, trials, on, expected, primary } = comparison;
    const differences = differencesOf(runs, comparison);
    const what = [primary ? "primary" : "secondary", title(first), title(second), `${on}, ${trials} trials`, expected];
    if (differences.length < 2) return [...what, "", "not run yet", ""];
    const estimate = studentInterval(differences);
    return [
      ...what,
      interval(estimate),
      verdictOf(estimate, expected),
      `${differences.filter((value) => value > 0).length} of ${differences.length}`,
    ];
  });
  return table(["kind", "this", "against", "on", "expected", "difference in points", "verdict", "ahead"], rows);
}

function differencesOf(runs: readonly OptimiserRun[], { first, second, trials, on }: SearchComparison): number[] {
  const value = (run: OptimiserRun): number => (on === "search" ? best(run, trials) : (run.report[trials] ?? Number.NaN));
  return of(runs, first).flatMap((run) => {
    const other = of(runs, second).find(({ seed }) => seed === run.seed);
    return other === undefined ? [] : [value(run) - value(other)];
  });
}
