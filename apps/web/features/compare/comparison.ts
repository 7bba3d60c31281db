import type { Axis } from "../../components/interval-bar.tsx";
import type { CompareQuery, SplitPurpose } from "../../gql/graphql.ts";
import { integer, points, pointsRange } from "../../lib/format.ts";

export const mostCompared = 6;
/** The form that checkboxes of rows belong to, wherever on the page they are. */
export const picksForm = "compare-picks";

export type Comparison = Extract<CompareQuery["compareVersions"], { __typename: "Comparison" }>;
export type ComparedTask = Comparison["tasks"][number];
type Estimate = NonNullable<Comparison["mean"]>;

export interface Choice {
  /** At most one more than can be compared, so that a refusal can say so. */
  readonly refs: readonly string[];
  readonly suite: { readonly namespace: string; readonly name: string } | null;
  readonly purpose: SplitPurpose;
}

type Query = Record<string, string | string[] | undefined>;

/** /compare?v=a&v=b&suite=ns/name&split=search */
export function readChoice(query: Query): Choice {
  const refs = [query["v"]].flat().flatMap((ref) => ref?.trim().slice(0, 300) || []);
  const [, namespace, name] = /^([^/]{1,64})\/([^/]{1,96})$/.exec([query["suite"]].flat()[0] ?? "") ?? [];
  return {
    refs: refs.slice(0, mostCompared + 1),
    suite: namespace && name ? { namespace, name } : null,
    purpose: [query["split"]].flat()[0] === "search" ? "SEARCH" : "REPORT",
  };
}

/** The address of a choice. */
export function comparePath({ refs, suite, purpose }: Choice): string {
  return `/compare?${new URLSearchParams([
    ...refs.map((ref) => ["v", ref]),
    ...(suite ? [["suite", `${suite.namespace}/${suite.name}`]] : []),
    ...(purpose === "SEARCH" ? [["split", "search"]] : []),
  ])}`;
}

/** Points for shares, else the number itself; positive speaks for the first. */
export function differenceText({ value }: Estimate, unit: string | null): string {
  return unit === "share" ? points(value) : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

export function differenceRange({ low, high }: Estimate, unit: string | null): string | null {
  if (low === null || high === null) return null;
  return unit === "share" ? pointsRange(low, high) : `${low.toFixed(3)} to ${high.toFixed(3)}`.replaceAll("-", "−");
}

export type Winner = "first" | "second" | "neither" | "unknown";

/** Who is ahead, as far as the interval says. */
export function winnerOf({ low, high }: Estimate): Winner {
  if (low === null || high === null) return "unknown";
  return low > 0 ? "first" : high < 0 ? "second" : "neither";
}

/** One axis for all differences, with zero in its middle. */
export function differenceAxis(estimates: readonly Estimate[]): Axis {
  const ends = estimates.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value].map(Math.abs));
  const limit = Math.max(0.01, ...ends) * 1.08;
  return { low: -limit, high: limit, ticks: [0] };
}

/** "52 of 733 items: exactly one of the two is right"; null where items are neither right nor wrong. */
export function disagreementText({ tasks, disagreements }: Comparison): string | null {
  const paired = tasks.filter(({ onlyFirst }) => onlyFirst !== null);
  if (paired.length === 0) return null;
  const items = paired.reduce((sum, { first }) => sum + (first?.n ?? 0), 0);
  return `${integer(disagreements)} of ${integer(items)} items`;
}
