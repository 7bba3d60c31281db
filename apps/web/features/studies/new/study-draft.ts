import type { StudyAggregate } from "../../../gql/graphql.ts";
import { type Draft, readDraft, writeDraft } from "../../merge/draft.ts";

/** A number to tune; null where the method's usual range is meant. */
export interface TuneRow {
  /** lambda, weight, weight[0], weight[*] or t{self_attn} */
  readonly name: string;
  readonly low: number | null;
  readonly high: number | null;
  readonly log: boolean;
}

/** A study being put together: a recipe, and how its numbers are searched. Its suite and name are those of the draft. */
export interface StudyDraft extends Draft {
  tune: readonly TuneRow[];
  /** namespace/name of tasks, instead of a suite. */
  tasks: readonly string[];
  budget: number;
  searchSeed: number;
  parallel: number;
  aggregate: StudyAggregate;
}

export const usualBudget = 30;
const aggregates: readonly StudyAggregate[] = ["MEAN", "NORMALISED_MEAN", "WORST"];

type Query = URLSearchParams | Record<string, string | string[] | undefined>;

export function readStudyDraft(query: Query): StudyDraft {
  const all = (key: string): string[] =>
    query instanceof URLSearchParams ? query.getAll(key) : [query[key] ?? []].flat().slice(0, 100);
  const whole = (key: string, otherwise: number) => {
    const value = Number.parseInt(all(key)[0] ?? "", 10);
    return Number.isFinite(value) ? value : otherwise;
  };
  return {
    ...readDraft(query),
    tune: all("t").map(readRow),
    tasks: all("task"),
    budget: whole("budget", usualBudget),
    searchSeed: whole("sseed", 0),
    parallel: whole("parallel", 1),
    aggregate: aggregates.find((each) => each === all("score")[0]?.toUpperCase()) ?? "MEAN",
  };
}

export function studyDraftPath(draft: StudyDraft): string {
  const query = new URLSearchParams(writeDraft(draft));
  for (const row of draft.tune) query.append("t", writeRow(row));
  for (const task of draft.tasks) query.append("task", task);
  if (draft.budget !== usualBudget) query.set("budget", String(draft.budget));
  if (draft.searchSeed !== 0) query.set("sseed", String(draft.searchSeed));
  if (draft.parallel !== 1) query.set("parallel", String(draft.parallel));
  if (draft.aggregate !== "MEAN") query.set("score", draft.aggregate.toLowerCase());
  return `/studies/new?${query.toString().replace(/%(2F|40|7E|3A|2C|5B|5D|7B|7D|3D)/g, decodeURIComponent)}`;
}

/** As `amalgam tune --tune` takes it: name, name=low:high or name=low:high:log. */
export function writeRow({ name, low, high, log }: TuneRow): string {
  const bounds = low === null && high === null ? "" : `=${low ?? ""}:${high ?? ""}`;
  return `${name}${bounds}${log && bounds ? ":log" : ""}`;
}

export function readRow(text: string): TuneRow {
  const [, name = "", low = "", high = "", log] = /^([^=]*)(?:=([^:]*):([^:]*)(:log)?)?$/.exec(text) ?? [];
  return { name, low: numberIn(low), high: numberIn(high), log: log !== undefined };
}

const numberIn = (text: string): number | null => {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
};

/** What the API takes; null while a name cannot be one. */
export function toStudyInput(draft: StudyDraft, target: { namespace: string; name: string }, recipe: unknown) {
  return {
    ...target,
    recipe,
    tune: draft.tune.map(({ name, low, high, log }) => ({ name, low, high, ...(log ? { log } : {}) })),
    ...(draft.tasks.length > 0 ? { tasks: [...draft.tasks] } : { suite: draft.suite }),
    budget: draft.budget,
    seed: draft.searchSeed,
    parallel: draft.parallel,
    aggregate: draft.aggregate,
  };
}

/** The same study from the command line, with the recipe beside it in a file. */
export function commandOf(draft: StudyDraft, name: string): string {
  const parts = [
    `amalgam tune recipe.yaml --as ${name}`,
    draft.tasks.length > 0 ? `--tasks ${draft.tasks.join(",")}` : `--suite ${draft.suite ?? "namespace/suite"}`,
    ...draft.tune.map((row) => `--tune ${quoted(writeRow(row))}`),
    `--budget ${draft.budget}`,
    ...(draft.searchSeed === 0 ? [] : [`--seed ${draft.searchSeed}`]),
    ...(draft.parallel === 1 ? [] : [`--parallel ${draft.parallel}`]),
    ...(draft.aggregate === "MEAN" ? [] : [`--aggregate ${draft.aggregate.toLowerCase()}`]),
  ];
  return parts.join(" ");
}

/** Brackets and braces mean something to a shell. */
const quoted = (text: string): string => (/^[\w.=:,-]+$/.test(text) ? text : `'${text}'`);
