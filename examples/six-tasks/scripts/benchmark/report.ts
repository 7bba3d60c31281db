import { type CorrectBits, countCorrect } from "@amalgam/engine/scores";
import type { Arm } from "./arms.ts";
import { comparisons } from "./comparisons.ts";
import { interval, percent, table, verdictOf } from "./markdown.ts";
import { deviation, differenceOverSeeds, mean } from "./over-seeds.ts";
import type { SeedResults } from "./results.ts";
import type { SplitBits } from "./table/second-split.ts";
import { macro, type Tuned } from "./tune-arm.ts";

type BothSplits = Readonly<Record<"report" | "second", readonly CorrectBits[]>>;

export interface ReportInput {
  readonly tasks: readonly string[];
  readonly arms: readonly Arm[];
  readonly seeds: readonly number[];
  /** In the order of the seeds. */
  readonly results: readonly SeedResults[];
  /** The same arms on the second test split. */
  readonly second: readonly SplitBits[];
  /** Every expert under its own head. */
  readonly experts: BothSplits;
  /** One trunk trained on all tasks; null: not yet. */
  readonly joint: BothSplits | null;
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
    `had ${budget} merges and the same optimiser. Fisher information is exact over labels from ${examples} held-out examples a task, measured at five λ and interpolated between them. The`,
    "second split holds other items of the test documents, on which nothing was ever chosen, neither here nor when methods were thought up. One set of experts: nothing here tells the chance in training.",
    "",
    "## Results",
    "",
    "![Differences from the average with 95 % intervals](six-tasks.svg)",
    "",
    resultTable(input),
    "",
    `±: standard deviation over ${seeds.length} seeds. Intervals are 95 %, for the chance in test items and over seeds together.`,
    "",
    "## Comparisons, written down before the first run",
    "",
    verdictTable(input),
    "",
    "[What was registered](registered.md). Ways of searching, ablations and other experts: [all pages](README.md).",
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
export const reportsOf = (results: readonly SeedResults[], id: string): (readonly CorrectBits[])[] =>
  tunedOf(results, id).map(({ report }) => report);

export const secondOf = (second: readonly SplitBits[], id: string): (readonly CorrectBits[])[] =>
  second.flatMap((each) => {
    const bits = each.get(id);
    return bits === undefined ? [] : [bits];
  });

function resultTable({ tasks, arms, results, second, experts, joint }: ReportInput): string {
  const average = reportsOf(results, "average");
  const floor = mean(reportsOf(results, "base").map(macro));
  const ceiling = macro(experts.report);
  const share = (value: number): string => percent((value - floor) / (ceiling - floor), 0);
  const rows = arms.map(({ id, title }) => {
    const reports = reportsOf(results, id);
    const values = reports.map(macro);
    const spread = deviation(values);
    return [
      title,
      percent(mean(tunedOf(results, id).map(({ search }) => search))),
      `${percent(mean(values))}${spread > 0 ? ` ± ${percent(spread)}` : ""}`,
      percent(mean(secondOf(second, id).map(macro))),
      ...tasks.map((_, i) => percent(mean(reports.map((bits) => accuracy(bits[i] as CorrectBits))))),
      id === "average" ? "" : interval(differenceOverSeeds(reports, average)),
      share(mean(values)),
    ];
  });
  const ceilings = [
    ...(joint === null ? [] : [{ title: "joint training on all tasks", bits: joint }]),
    { title: "each expert on its own task", bits: experts },
  ].map(({ title, bits }) => [
    title,
    "",
    percent(macro(bits.report)),
    percent(macro(bits.second)),
    ...bits.report.map((each) => percent(accuracy(each))),
    interval(differenceOverSeeds([bits.report], average.slice(0, 1))),
    share(macro(bits.report)),
  ]);
  const head = ["method", "search", "report", "second", ...tasks, "over the average", "of the experts' gain, %"];
  return table(head, [...rows, ...ceilings]);
}

function verdictTable({ arms, results, second }: ReportInput): string {
  const title = (id: string): string => arms.find((arm) => arm.id === id)?.title ?? id;
  const rows = comparisons.map(({ first, second: other, expected, primary }) => {
    const onReport = differenceOverSeeds(reportsOf(results, first), reportsOf(results, other));
    const onSecond = differenceOverSeeds(secondOf(second, first), secondOf(second, other));
    const found = [onReport, onSecond].flatMap((each) => [interval(each), verdictOf(each, expected)]);
    return [primary ? "primary" : "secondary", title(first), title(other), expected, ...found];
  });
  const head = ["kind", "this", "against", "expected", "report", "verdict", "second split", "verdict"];
  return table(head, rows);
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
