import type { Comparison } from "../client/evaluation-operations.ts";
import { formatDifference, formatScore, plural, printable } from "./format.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";

type Estimate = NonNullable<Comparison["mean"]>;

/** What `amalgam compare --json` prints. */
export const comparisonJson = ({ suite, first, second, tasks, ...rest }: Comparison) => ({
  suite: `${suite.namespace}/${suite.name}`,
  first: first.ref,
  second: second.ref,
  purpose: rest.purpose,
  unit: rest.unit,
  mean: rest.mean,
  disagreements: rest.disagreements,
  tasks: tasks.map(({ task, ...each }) => ({ task: task.name, ...each })),
});

export function renderComparison(comparison: Comparison, style: Style): string {
  const { suite, purpose, first, second, tasks, mean, disagreements } = comparison;
  const right = "right" as const;
  const columns = [
    { title: "Task" },
    { title: printable(first.ref, 40), align: right },
    { title: printable(second.ref, 40), align: right },
    { title: "Difference, 95% interval", align: right },
    { title: "Only the first right", align: right },
    { title: "Only the second", align: right },
    { title: "n", align: right },
  ];
  const count = (value: number | null) => (value === null ? "–" : String(value));
  const rows = tasks.map((each) => [
    printable(each.task.name, 30),
    each.first ? formatScore(each.first.value) : "–",
    each.second ? formatScore(each.second.value) : "–",
    each.difference ? differenceOf(each.difference, comparison) : "–",
    count(each.onlyFirst),
    count(each.onlySecond),
    count(each.first?.n ?? each.second?.n ?? null),
  ]);
  const head = `${style.bold(printable(suite.title))}  ${purpose.toLowerCase()} split, ${plural(tasks.length, "task")}`;
  return [head, "", renderTable(columns, rows, style), "", ...wordsOf(comparison, mean, disagreements)].join("\n");
}

/** Shares in points; other units as they are, with the first ahead where the number is positive. */
export function differenceOf({ value, low, high }: Estimate, { unit }: Pick<Comparison, "unit">): string {
  if (unit === "share" && low !== null && high !== null) return formatDifference(value, low, high);
  const range = low === null || high === null ? "interval not known" : `${low.toFixed(3)} to ${high.toFixed(3)}`;
  return `${value >= 0 ? "+" : ""}${value.toFixed(3)} (${range})`;
}

function wordsOf(comparison: Comparison, mean: Estimate | null, disagreements: number): string[] {
  const { first, second, tasks, unit } = comparison;
  const [a, b] = [printable(first.ref, 60), printable(second.ref, 60)];
  const both = tasks.filter(({ difference }) => difference !== null).length;
  if (both === 0) return ["No task has scores of both. amalgam evaluate makes them."];
  const over = both < tasks.length ? ` over the ${plural(both, "task")} that both are scored on` : "";
  const lines = mean
    ? [`Mean of ${a} minus ${b}${over}: ${differenceOf(mean, comparison)}${unit === "share" ? " points" : ""}`]
    : [];
  if (mean?.low != null && mean.high != null)
    lines.push(mean.low > 0 ? `${a} is ahead.` : mean.high < 0 ? `${b} is ahead.` : "They cannot be told apart.");
  if (!mean) lines.push("The tasks have different units, so there is no mean.");
  if (tasks.some(({ onlyFirst }) => onlyFirst !== null))
    lines.push(`They disagree on ${plural(disagreements, "example")}: exactly one of the two is right there.`);
  return lines;
}
