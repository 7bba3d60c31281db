import type { VersionKind } from "../../gql/graphql.ts";

export interface ModelFilters {
  kind: VersionKind | null;
  namespace: string | null;
  search: string | null;
  after: string | null;
}

export const kinds: readonly { value: VersionKind; label: string }[] = [
  { value: "BASE", label: "Bases" },
  { value: "FINE_TUNED", label: "Fine-tunes" },
  { value: "MERGED", label: "Merges" },
  { value: "TASK_VECTOR", label: "Task vectors" },
];

type Query = Record<string, string | string[] | undefined>;

/** Filters as the URL has them; what is not known is left out. */
export function readFilters(query: Query): ModelFilters {
  const one = (key: string) => {
    const value = query[key];
    const text = (Array.isArray(value) ? value[0] : value)?.trim();
    return text ? text.slice(0, 200) : null;
  };
  const kind = kinds.find((candidate) => candidate.value.toLowerCase() === one("kind")?.toLowerCase())?.value ?? null;
  return { kind, namespace: one("ns"), search: one("q"), after: one("after") };
}

/** The address of a view; paging starts over when a filter changes. */
export function filtersPath(filters: ModelFilters, change: Partial<ModelFilters>, path = "/models"): string {
  const next = { ...filters, after: null, ...change };
  const query = new URLSearchParams();
  if (next.kind) query.set("kind", next.kind.toLowerCase());
  if (next.namespace) query.set("ns", next.namespace);
  if (next.search) query.set("q", next.search);
  if (next.after) query.set("after", next.after);
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

export function isFiltered(filters: ModelFilters): boolean {
  return filters.kind !== null || filters.namespace !== null || filters.search !== null;
}
