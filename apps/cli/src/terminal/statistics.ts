import type { RouterStatistics, TaskVectorStatistics, TaskVectorSummary } from "@amalgam/engine/statistics";
import type { Measured } from "../local/measure-statistics.ts";
import { formatCount, formatDigest, formatDuration, formatParameters, formatRate, plural, printable } from "./format.ts";
import type { Style } from "./style.ts";
import { type Column, renderFacts, renderTable } from "./table.ts";

/** What was measured, what it cost, and where it is. */
export function renderMeasured(
  { about, key, file, passes, seconds, truncated, tensors, backend }: Measured,
  style: Style,
): string {
  const { kind, estimator, settings, examples, seed, base, lambda } = about;
  const how = [...Object.entries(settings), ...(seed === null ? [] : [["seed", seed] as const])];
  const facts: [string, string][] = [
    ["statistic", kind === estimator ? kind : `${kind}, ${estimator}`],
    ["settings", how.map(([name, value]) => `${name} ${typeof value === "string" ? printable(value, 20) : value}`).join(", ")],
    ["examples", formatCount(examples)],
    ["time", `${formatDuration(seconds)}, ${formatRate(examples / seconds)} examples a second`],
  ];
  if (base !== null) facts.splice(1, 0, ["at", `λ ${lambda}, between the base ${formatDigest(base)} and the model`]);
  if (kind === "fisher")
    facts.push(["passes", `${formatCount(passes)} backward, ${(passes / examples).toPrecision(3)} an example`]);
  if (truncated > 0) facts.push(["cut", `${plural(truncated, "text")} did not fit into the model and lost a part`]);
  facts.push(["backend", backend.chosen], ["key", key]);
  if (file !== null) facts.push(["file", `${printable(file)} (${plural(tensors, "tensor")})`]);
  return renderFacts(facts, style);
}

export function measuredJson({ backend, ...rest }: Measured): object {
  return { ...rest, backend: backend.chosen, examplesPerSecond: rest.about.examples / rest.seconds };
}

const percent = (value: number | null): string => (value === null ? "–" : `${(value * 100).toFixed(1)}%`);
const cosine = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : value.toFixed(3));

export function renderRouters(routers: ReadonlyMap<string, RouterStatistics>, style: Style): string {
  const widest = Math.max(...[...routers.values()].map(({ chosenShare }) => chosenShare.length));
  const columns: Column[] = [
    { title: "Router: share of tokens that chose an expert" },
    ...Array.from({ length: widest }, (_, expert): Column => ({ title: `${expert}`, align: "right" })),
  ];
  const rows = [...routers].map(([name, { chosenShare }]) => [printable(name, 100), ...Array.from(chosenShare, percent)]);
  return renderTable(columns, rows, style);
}

/** Two tables: how the models relate as a whole, and where they differ. */
export function renderTaskVectors(found: TaskVectorStatistics, models: readonly string[], style: Style): string {
  const { total, layers, skipped, density } = found;
  const names = models.map((model) => printable(model, 40));
  const right = "right" as const;
  const pairs: Column[] = names.map((_, j) => ({ title: `cos ${j + 1}`, align: right }));
  const overlaps: Column[] = names.map((_, j) => ({ title: `top ${j + 1}`, align: right }));
  const whole = renderTable(
    [{ title: "" }, { title: "Model" }, { title: "Norm", align: right }, ...pairs, ...overlaps],
    names.map((name, i) => [
      `${i + 1}`,
      name,
      (total.norms[i] ?? 0).toPrecision(4),
      ...(total.cosines[i] ?? []).map(cosine),
      ...(total.topOverlaps[i] ?? []).map(percent),
    ]),
    style,
  );
  const byLayer = renderTable(
    [
      { title: "Layer" },
      { title: "Elements", align: right },
      ...names.map((_, i): Column => ({ title: `norm ${i + 1}`, align: right })),
      { title: "mean cos", align: right },
      { title: "conflicts", align: right },
      { title: `top ${density * 100}% shared`, align: right },
    ],
    [...layers].map(([name, summary]) => [
      printable(name, 80),
      formatParameters(summary.elements),
      ...summary.norms.map((norm) => norm.toPrecision(3)),
      cosine(meanOfPairs(summary.cosines)),
      percent(summary.signConflicts),
      percent(meanOfPairs(summary.topOverlaps)),
    ]),
    style,
  );
  const left =
    skipped.size === 0
      ? ""
      : `\n\n${plural(skipped.size, "tensor")} left out:\n${[...skipped].map(([name, why]) => `  ${printable(name, 100)}: ${printable(why)}`).join("\n")}`;
  return `${whole}\n\n${byLayer}\n\n${percent(total.signConflicts)} of the elements that a model changed are pulled both ways.${left}`;
}

/** Over pairs of different models; null without any. */
function meanOfPairs(matrix: TaskVectorSummary["cosines"]): number | null {
  const values = matrix.flatMap((row, i) => row.filter((value, j): value is number => j > i && value !== null));
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function taskVectorsJson(
  { total, layers, tensors, skipped, density }: TaskVectorStatistics,
  models: readonly string[],
): object {
  const named = (map: ReadonlyMap<string, TaskVectorSummary>) => [...map].map(([name, summary]) => ({ name, ...summary }));
  return {
    ...{ models, density, total, layers: named(layers), tensors: named(tensors) },
    skipped: [...skipped].map(([name, reason]) => ({ name, reason })),
  };
}
