import type { Score } from "@amalgam/engine/evaluate";
import { formatBytes, formatCount, formatDuration, formatInterval, formatRate, plural } from "./format.ts";
import type { Style } from "./style.ts";
import { renderFacts } from "./table.ts";

const detailNames: Readonly<Record<string, string>> = {
  tokens: "tokens",
  natsPerToken: "nats per token",
  perplexity: "perplexity",
  bitsPerByte: "bits per byte",
};

/** A score as a person reads it: the number, how sure it is, what it cost. */
export function renderScore(score: Score, backend: string | null, style: Style): string {
  const { metric, value, n, low, high, truncated, seconds, examplesPerSecond, peakMemoryBytes, details } = score;
  const isShare = low !== null && high !== null && metric !== "bits_per_token";
  const shown = isShare ? formatInterval(value, low, high) : value.toPrecision(5);
  const limits = !isShare && low !== null && high !== null ? ` (95 %: ${low.toPrecision(5)} to ${high.toPrecision(5)})` : "";
  const facts: [string, string][] = [[metric.replaceAll("_", " "), style.bold(shown) + limits]];
  if (n !== null) facts.push([metric === "bits_per_token" ? "documents" : "examples", formatCount(n)]);
  for (const [name, number] of Object.entries(details))
    facts.push([detailNames[name] ?? name, Number.isInteger(number) ? formatCount(number) : number.toPrecision(5)]);
  if (truncated > 0) facts.push(["cut", `${plural(truncated, "text")} did not fit into the model and lost a part`]);
  facts.push(["time", `${formatDuration(seconds)}${n === null ? "" : `, ${formatRate(examplesPerSecond)} a second`}`]);
  facts.push(["memory", `${formatBytes(peakMemoryBytes)} at most`]);
  if (backend !== null) facts.push(["backend", backend]);
  return renderFacts(facts, style);
}

/** The same for programs: the bits of right answers as base64. */
export function scoreJson(score: Score, backend: string | null): object {
  const { correct, ...rest } = score;
  return { ...rest, correct: correct && Buffer.from(correct).toString("base64"), backend };
}
