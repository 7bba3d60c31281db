import type { Study, StudyLine, Trial } from "../client/study-operations.ts";
import { formatDuration, formatInterval, formatScore, plural, printable } from "./format.ts";
import type { Style } from "./style.ts";
import { renderFacts, renderTable } from "./table.ts";

const mostTrials = 12;

const reasons: Readonly<Record<string, string>> = {
  budget: "its budget was used",
  target: "the target was reached",
  noImprovement: "nothing had improved for a while",
  nothingExpected: "no more improvement was expected",
  stopped: "it was stopped",
};

const states: Readonly<Record<StudyLine["state"], string>> = {
  QUEUED: "waiting",
  RUNNING: "running",
  SUCCEEDED: "done",
  FAILED: "failed",
  CANCELLED: "stopped",
};

/** running, 12 of 60 trials; done after 31 of 60 trials: nothing had improved for a while */
export function stateOf({ state, trialCount, budget, endReason }: StudyLine): string {
  const count = `${trialCount} of ${plural(budget, "trial")}`;
  const why = endReason === null ? "" : `: ${reasons[endReason] ?? endReason}`;
  return state === "QUEUED" || state === "RUNNING" ? `${states[state]}, ${count}` : `${states[state]} after ${count}${why}`;
}

export const paramsText = (params: Trial["params"]): string =>
  params.map(({ name, value }) => `${printable(name, 60)} ${Number(value.toPrecision(4))}`).join("  ");

/** A study with its best, the verdict, where the time went, and its best trials. */
export function renderStudy(study: Study, style: Style): string {
  const { best, bestVersion, verdict } = study;
  const facts: (readonly [string, string])[] = [
    ["Study", `${study.namespace}/${study.name}`],
    ["State", stateOf(study)],
    [
      "Method",
      `${study.method} of ${study.parents
        .filter(({ role }) => role === "PARENT")
        .map(({ ref }) => printable(ref, 80))
        .join(", ")}`,
    ],
    ["Tasks", study.tasks.map(({ task }) => task.name).join(", ")],
  ];
  if (best?.value != null)
    facts.push([
      "Best",
      `${valueText(best.value, best.low, best.high)} on the search splits, trial ${best.index}: ${paramsText(best.params)}`,
    ]);
  if (bestVersion)
    facts.push(["Version", `${bestVersion.ref}${verdict ? `, ${formatScore(verdict.mean)} on the report splits` : ""}`]);
  facts.push(["Time", timeText(study)]);
  const blocks = [renderFacts(facts, style)];
  if (verdict && verdict.comparisons.length > 0)
    blocks.push(verdict.comparisons.map(({ sentence }) => `  ${printable(sentence, 300)}`).join("\n"));
  const table = renderTrials(study, style);
  if (table !== null) blocks.push(table);
  return blocks.join("\n\n");
}

const valueText = (value: number, low: number | null, high: number | null): string =>
  low === null || high === null ? formatScore(value) : formatInterval(value, low, high);

function timeText({ phases }: Study): string {
  const parts = [
    ...(phases.measureSeconds > 0 ? [["measuring", phases.measureSeconds] as const] : []),
    ["suggesting", phases.suggestSeconds],
    ["merging", phases.mergeSeconds],
    ["evaluating", phases.evaluateSeconds],
    ["the rest", phases.otherSeconds],
  ] as const;
  const total = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
  if (total === 0) return "none yet";
  const shares = parts.map(([what, seconds]) => `${what} ${Math.round((100 * seconds) / total)} %`);
  return `${formatDuration(total)}: ${shares.join(", ")}`;
}

function renderTrials({ trials, tasks }: Study, style: Style): string | null {
  const ended = trials.filter(({ state }) => state === "COMPLETE" || state === "FAILED");
  if (ended.length === 0) return null;
  const ranked = [...ended].sort((a, b) => (b.value ?? Number.NEGATIVE_INFINITY) - (a.value ?? Number.NEGATIVE_INFINITY));
  const names = tasks.map(({ task }) => task.name);
  const columns = [
    { title: "Trial", align: "right" as const },
    { title: "From" },
    { title: "Value", align: "right" as const },
    ...names.map((title) => ({ title: printable(title, 20), align: "right" as const })),
    { title: "Numbers" },
  ];
  const rows = ranked.slice(0, mostTrials).map(({ index, source, value, scores, params, failure }) => [
    String(index),
    source,
    value === null ? "failed" : formatScore(value),
    ...names.map((name) => {
      const score = scores.find(({ taskName }) => taskName === name);
      return score ? formatScore(score.value) : "";
    }),
    failure ? printable(failure.message, 100) : paramsText(params),
  ]);
  const rest = ended.length - rows.length;
  return renderTable(columns, rows, style) + (rest > 0 ? `\n${style.dim(`${rest} more, all lower`)}` : "");
}
