import { type CorrectBits, countCorrect } from "@amalgam/engine/scores";
import type { Arm } from "./arms.ts";
import { comparisons } from "./comparisons.ts";
import { interval, percent, table, verdictOf } from "./markdown.ts";
import { deviation, differenceOverSeeds, mean } from "./over-seeds.ts";
import type { SeedResults } from "./results.ts";
import { macro, type Tuned } from "./tune-arm.ts";

export interface ReportInput {
  readonly tasks: readonly string[];
  readonly arms: readonly Arm[];
  readonly seeds: readonly number[];
  /** In the order of the seeds. */
  readonly results: readonly SeedResults[];
  /** Every expert under its own head, on the report split. */
  readonly experts: readonly CorrectBits[];
  readonly budget: number;
  readonly examples: number;
}

const accuracy = (bits: CorrectBits): number => countCorrect(bits) / bits.n;

export function writeReport(input: ReportInput): string {
  const { seeds, budget, examples, results } = input;
  const fisher = mean(results.map(({ fisherSeconds }) => fisherSeconds)).toFixed(0);
  return [
    "# DF-Merge on six tasks",
    "",
    `Written by \`npm run benchmark:six-tasks -- --budget ${budget} --examples ${examples} --seeds ${seeds.join(",")}\`. One set of experts, those of \`examples/six-tasks\`; a seed decides the search and the`,
    "examples for Fisher information. Accuracy in %, mean over tasks; search: 400 to 440 validation items a task, report: 900 to 1000 test items a task that no arm was tuned on. Every tuned arm",
    `had ${budget} merges and the same optimiser. Fisher information is exact over labels from ${examples} held-out examples a task, measured at five λ and interpolated between them. Joint training,`,
    "the ceiling, and several sets of experts are not measured yet, so nothing here tells the chance in training.",
    "",
    "## Results",
    "",
    resultTable(input),
    "",
    `±: standard deviation over ${seeds.length} seeds. Intervals are 95 %, for the chance in test items and over seeds together.`,
    "",
    "## Comparisons, written down before the first run",
    "",
    verdictTable(input),
    "",
    "## Cost and convergence",
    "",
    `Fisher information for all arms took ${fisher} s a seed. Seconds a trial by phase, and the best search accuracy after so many trials, means over seeds:`,
    "",
    costTable(input),
    "",
    "Search accuracy lies above report accuracy for every tuned arm: part of that is a different mix of items, part is the search fitting its split.",
    "",
  ].join("\n");
}

const tunedOf = (results: readonly SeedResults[], id: string): Tuned[] => results.flatMap(({ arms }) => arms.get(id) ?? []);
const reportsOf = (results: readonly SeedResults[], id: string): (readonly CorrectBits[])[] =>
  tunedOf(results, id).map(({ report }) => report);

function resultTable({ tasks, arms, results, experts }: ReportInput): string {
  const average = reportsOf(results, "average");
  const floor = mean(reportsOf(results, "base").map(macro));
  const ceiling = macro(experts);
  const rows = arms.map(({ id, title }) => {
    const reports = reportsOf(results, id);
    const values = reports.map(macro);
    const over = differenceOverSeeds(reports, average);
    const spread = deviation(values);
    return [
      title,
      percent(mean(tunedOf(results, id).map(({ search }) => search))),
      `${percent(mean(values))}${spread > 0 ? ` ± ${percent(spread)}` : ""}`,
      ...tasks.map((_, i) => percent(mean(reports.map((bits) => accuracy(bits[i] as CorrectBits))))),
      id === "average" ? "" : interval(over),
      percent((mean(values) - floor) / (ceiling - floor), 0),
    ];
  });
  const best = [
    "each expert on its own task",
    "",
    percent(ceiling),
    ...experts.map((bits) => percent(accuracy(bits))),
    "",
    "100",
  ];
  const head = ["method", "search", "report", ...tasks, "over the average", "of the experts' gain, %"];
  return table(head, [...rows, best]);
}

function verdictTable({ arms, results }: ReportInput): string {
  const title = (id: string): string => arms.find((arm) => arm.id === id)?.title ?? id;
  const rows = comparisons.map(({ first, second, expected, primary }) => {
    const estimate = differenceOverSeeds(reportsOf(results, first), reportsOf(results, second));
    const kind = primary ? "primary" : "secondary";
    return [kind, title(first), title(second), expected, interval(estimate), verdictOf(estimate, expected)];
  });
  return table(["kind", "this", "against", "expected", "difference in points", "verdict"], rows);
}

function costTable({ arms, results, budget }: ReportInput): string {
  const phases = ["suggest", "merge", "evaluate"] as const;
  const marks = [...new Set([10, 20, 30, budget])].filter((mark) => mark <= budget);
  const tuned = arms.filter(({ space }) => space.length > 0);
  const rows = tuned.map(({ id, title }) => {
    const runs = tunedOf(results, id);
    const seconds = phases.map((phase) => mean(runs.map(({ records }) => mean(records.map((record) => record.seconds[phase])))));
    const curve = marks.map((mark) =>
      mean(runs.map(({ records }) => Math.max(...records.slice(0, mark).map(({ value }) => value)))),
    );
    return [title, ...seconds.map((value) => value.toFixed(2)), ...curve.map((value) => percent(value))];
  });
  return table(["arm", ...phases.map((phase) => `${phase}, s`), ...marks.map(String)], rows);
}
