import type { Deps } from "../../deps.ts";
import type { WantedStatistic } from "./wanted-statistic.ts";

/** Seconds for each example and parameter where nothing was measured yet: small transformers on one core. */
const usualRates = { fisher: 1.2e-8, gram: 4e-9 } as const;
const sample = 200;

/** What measuring will cost; see `forecastCosts`. */
export type CostOf = (wanted: WantedStatistic) => number;

/**
 * How long measuring will take, in seconds, judged by what the latest of the same kind and estimator took for each example and parameter: the median, so
 * that one busy hour decides nothing. An estimate: texts are longer or shorter, and machines differ.
 */
export async function forecastCosts(deps: Deps): Promise<CostOf> {
  const rows = await deps.db.statistic.findMany({
    where: { state: "SUCCEEDED" },
    select: { kind: true, estimator: true, seconds: true, examples: true, version: { select: { parameterCount: true } } },
    orderBy: { id: "desc" },
    take: sample,
  });
  const rates = new Map<string, number[]>();
  for (const { kind, estimator, seconds, examples, version } of rows) {
    const work = examples * Number(version.parameterCount);
    if (seconds === null || work === 0) continue;
    const name = `${kind} ${estimator}`;
    rates.set(name, [...(rates.get(name) ?? []), seconds / work]);
  }
  return ({ about, version }) => {
    const found = rates.get(`${about.kind.toUpperCase()} ${about.estimator}`);
    const rate = found ? median(found) : usualRates[about.kind === "gram" ? "gram" : "fisher"];
    return rate * about.examples * Number(version.parameterCount);
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
