import type { RunKind, RunState } from "../../gql/graphql.ts";

export interface RunFilters {
  kind: RunKind | null;
  state: RunState | null;
  after: string | null;
}

export const runKinds: readonly { value: RunKind; label: string }[] = [
  { value: "MERGE", label: "Merges" },
  { value: "EVALUATION", label: "Evaluations" },
  { value: "STATISTIC", label: "Statistics" },
  { value: "VERIFICATION", label: "Verifications" },
];

export const runStates: readonly { value: RunState; label: string }[] = [
  { value: "RUNNING", label: "Running" },
  { value: "QUEUED", label: "Queued" },
  { value: "SUCCEEDED", label: "Done" },
  { value: "FAILED", label: "Failed" },
];

type Query = Record<string, string | string[] | undefined>;

export function readRunFilters(query: Query): RunFilters {
  const one = (key: string) => [query[key]].flat()[0]?.toUpperCase();
  return {
    kind: runKinds.find(({ value }) => value === one("kind"))?.value ?? null,
    state: runStates.find(({ value }) => value === one("state"))?.value ?? null,
    after: [query["after"]].flat()[0] ?? null,
  };
}

export function runFiltersPath(filters: RunFilters, change: Partial<RunFilters>): string {
  const next = { ...filters, after: null, ...change };
  const query = new URLSearchParams();
  if (next.kind) query.set("kind", next.kind.toLowerCase());
  if (next.state) query.set("state", next.state.toLowerCase());
  if (next.after) query.set("after", next.after);
  return query.size ? `/runs?${query}` : "/runs";
}
