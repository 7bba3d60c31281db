import type { LeaderboardQueryVariables, SplitPurpose, VersionKind } from "../../gql/graphql.ts";
import { type Mode, modes, readMode } from "./board.ts";

/** Twenty tasks make a thousand cells of it, which is as much as a page should hold. */
export const pageSize = 50;

const columns = ["rank", "name", "kind", "method", "mean", "normalised", "worst"] as const;
type Column = (typeof columns)[number];

/** A column, or a task by name. */
export type SortBy = { readonly column: Column } | { readonly task: string };

export interface BoardView {
  readonly mode: Mode;
  readonly purpose: SplitPurpose;
  readonly kind: VersionKind | null;
  readonly method: string | null;
  readonly namespace: string | null;
  readonly text: string | null;
  readonly sort: SortBy;
  readonly isReversed: boolean;
  /** From 1. */
  readonly page: number;
}

type Query = Record<string, string | string[] | undefined>;

const kinds: readonly VersionKind[] = ["BASE", "FINE_TUNED", "TASK_VECTOR", "ADAPTER", "MERGED"];

/** What the address says; what is not known in it is left out. */
export function readView(query: Query): BoardView {
  const one = (key: string) => {
    const text = [query[key]].flat()[0]?.trim();
    return text ? text.slice(0, 200) : null;
  };
  const sort = one("sort") ?? "rank";
  return {
    mode: readMode(one("show") ?? undefined),
    purpose: one("split") === "search" ? "SEARCH" : "REPORT",
    kind: kinds.find((kind) => kind.toLowerCase() === one("kind")?.toLowerCase()) ?? null,
    method: one("method"),
    namespace: one("ns"),
    text: one("q"),
    sort: readSort(sort.replace(/^-/, "")),
    isReversed: sort.startsWith("-"),
    page: Math.min(10_000, Math.max(1, Math.trunc(Number(one("page") ?? 1)) || 1)),
  };
}

function readSort(text: string): SortBy {
  const task = /^task:(.+)$/.exec(text)?.[1];
  if (task) return { task };
  return { column: columns.find((column) => column === text) ?? "rank" };
}

export const sortName = (sort: SortBy): string => ("task" in sort ? `task:${sort.task}` : sort.column);

/** The address of a view, or of one next to it; only what differs from the plain view is written. Changes start at the first page. */
export function viewPath(path: string, view: BoardView, change: Partial<BoardView> = {}): string {
  const next = { ...view, page: 1, ...change };
  const sort = `${next.isReversed ? "-" : ""}${sortName(next.sort)}`;
  const entries: [string, string | null][] = [
    ["split", next.purpose === "REPORT" ? null : next.purpose.toLowerCase()],
    ["kind", next.kind?.toLowerCase() ?? null],
    ["method", next.method],
    ["ns", next.namespace],
    ["q", next.text],
    ["sort", sort === "rank" ? null : sort],
    ["show", next.mode === modes[0]?.value ? null : next.mode],
    ["page", next.page > 1 ? String(next.page) : null],
  ];
  const query = new URLSearchParams(entries.flatMap(([key, value]) => (value ? [[key, value]] : [])));
  return query.size ? `${path}?${query}` : path;
}

export const isFiltered = ({ kind, method, namespace, text }: BoardView): boolean =>
  [kind, method, namespace, text].some((value) => value !== null);

const sortKeys = {
  rank: "RANK",
  name: "NAME",
  kind: "KIND",
  method: "METHOD",
  mean: "MEAN",
  normalised: "NORMALISED_MEAN",
  worst: "WORST",
} as const;

/** What to ask the API for. */
export function queryOf(view: BoardView): Omit<LeaderboardQueryVariables, "namespace" | "suite"> {
  return {
    purpose: view.purpose,
    filter: {
      kinds: view.kind ? [view.kind] : null,
      methods: view.method ? [view.method] : null,
      namespaces: view.namespace ? [view.namespace] : null,
      text: view.text,
    },
    sort: {
      ...("task" in view.sort ? { by: "TASK" as const, task: view.sort.task } : { by: sortKeys[view.sort.column] }),
      reversed: view.isReversed,
    },
    first: pageSize,
    offset: (view.page - 1) * pageSize,
  };
}
