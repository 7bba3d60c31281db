import { type CorrectBits, countCorrect, macroInterval, pairedDifference } from "@amalgam/engine/scores";
import type { Arm } from "./arms.ts";
import { macro, type Tuned } from "./tune-arm.ts";

export interface Finished {
  readonly arm: Arm;
  readonly tuned: Tuned;
}

export interface ReportInput {
  readonly tasks: readonly string[];
  readonly finished: readonly Finished[];
  /** Every expert under its own head, on the report split. */
  readonly experts: readonly CorrectBits[];
  readonly budget: number;
  readonly examples: number;
  readonly seed: number;
  readonly fisherSeconds: number;
}

/** Comparisons with the direction that was written down before the first run. */
const comparisons: readonly {
  readonly first: string;
  readonly second: string;
  readonly expected: "better" | "worse";
  readonly primary: boolean;
}[] = [
  { first: "df", second: "task-arithmetic-bo", expected: "better", primary: true },
  { first: "df", second: "fisher", expected: "better", primary: true },
  { first: "df", second: "ties", expected: "worse", primary: true },
  { first: "df", second: "average", expected: "better", primary: true },
  { first: "df", second: "df-frozen", expected: "better", primary: false },
  { first: "df", second: "df-random", expected: "better", primary: false },
  { first: "df", second: "df-shared", expected: "better", primary: false },
  { first: "trimmed-df", second: "ties", expected: "better", primary: false },
  { first: "trimmed-df", second: "trimmed-ta", expected: "better", primary: false },
];

const percent = (value: number, digits = 1): string => (100 * value).toFixed(digits);
const signed = (value: number): string => `${value < 0 ? "−" : "+"}${percent(Math.abs(value), 2)}`;

export function writeReport({ tasks, finished, experts, budget, examples, seed, fisherSeconds }: ReportInput): string {
  const bitsOf = (id: string): readonly CorrectBits[] => finished.find(({ arm }) => arm.id === id)?.tuned.report ?? [];
  const head = ["method", "search", "report", ...tasks, "over the average (95 %)", "of the experts' gain, %"];
  const average = bitsOf("average");
  const [floor, ceiling] = [macro(bitsOf("base")), macro(experts)];
  const rows = finished.map(({ arm, tuned }) => {
    const accuracies = tuned.report.map((each) => ({ value: countCorrect(each) / each.n, n: each.n }));
    const { value, low, high } = macroInterval(accuracies);
    const over = pairedDifference(tuned.report, average);
    return [
      arm.title,
      percent(tuned.search),
      `${percent(value)} (${percent(low)} to ${percent(high)})`,
      ...accuracies.map((each) => percent(each.value)),
      arm.id === "average" ? "" : `${signed(over.value)} (${signed(over.low)} to ${signed(over.high)})`,
      percent((value - floor) / (ceiling - floor), 0),
    ];
  });
  const verdicts = comparisons.map(({ first, second, expected, primary }) => {
    const { value, low, high } = pairedDifference(bitsOf(first), bitsOf(second));
    const found = low > 0 ? "better" : high < 0 ? "worse" : "not told apart";
    const title = (id: string) => finished.find(({ arm }) => arm.id === id)?.arm.title ?? id;
    const verdict =
      found === expected ? "as expected" : found === "not told apart" ? "open: the interval includes 0" : "the other way round";
    return [
      primary ? "primary" : "secondary",
      title(first),
      title(second),
      expected,
      `${signed(value)} (${signed(low)} to ${signed(high)})`,
      verdict,
    ];
  });
  const costs = finished
    .filter(({ arm }) => arm.space.length > 0)
    .map(({ arm, tuned }) => {
      const total = (phase: "suggest" | "merge" | "evaluate") =>
        tuned.records.reduce((sum, { seconds }) => sum + seconds[phase], 0) / tuned.records.length;
      const curve = [10, 20, 30, budget].map((n) => percent(Math.max(...tuned.records.slice(0, n).map(({ value }) => value))));
      return [arm.title, ...(["suggest", "merge", "evaluate"] as const).map((phase) => total(phase).toFixed(2)), ...curve];
    });
  const gap = percent(
    finished.reduce(
      (most, { arm, tuned }) => (arm.id.includes("df") ? Math.max(most, tuned.search - macro(tuned.report)) : most),
      0,
    ),
  );
  return [
    "# DF-Merge on six tasks",
    "",
    `Written by \`npm run benchmark:six-tasks -- --budget ${budget} --examples ${examples} --seed ${seed}\`. One set of experts (those of \`examples/six-tasks\`), so the intervals`,
    "tell the chance in the test items and not that in training or search. Accuracy in %, mean over tasks; search: 400 to 440 validation items a task, report: 900 to 1000 test items a",
    `task that no arm was tuned on. Every tuned arm had ${budget} merges and the same optimiser; Fisher information is exact over labels from ${examples} held-out examples a task, measured at`,
    "five λ and interpolated between them. Joint training, the ceiling, and several sets of experts are not measured yet.",
    "",
    "## Results",
    "",
    table(head, [
      ...rows,
      [
        "each expert on its own task",
        "",
        percent(ceiling),
        ...experts.map((each) => percent(countCorrect(each) / each.n)),
        "",
        "100",
      ],
    ]),
    "",
    "## Comparisons, written down before the first run",
    "",
    table(["kind", "this", "against", "expected", "difference in points (95 %, paired)", "verdict"], verdicts),
    "",
    "## Cost and convergence",
    "",
    `Fisher information for all arms took ${fisherSeconds.toFixed(0)} s. Seconds a trial by phase, and the best search accuracy after so many trials:`,
    "",
    table(["arm", "suggest, s", "merge, s", "evaluate, s", "10", "20", "30", String(budget)], costs),
    "",
    `Search is up to ${gap} points above report among the DF arms: the search overfits its split by that much.`,
    "",
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
