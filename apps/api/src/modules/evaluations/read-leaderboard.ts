import { coefficientsOf, parseRecipe } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import type { Prisma, SplitPurpose } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { formatRef } from "../models/version-ref.ts";
import { type Entry, judge, type Row, rankEntries, type Score, type Verdict } from "./leaderboard.ts";
import { loadSuite, type SuiteView } from "./load-suite.ts";

export interface LeaderboardView {
  readonly suite: SuiteView;
  readonly purpose: SplitPurpose;
  readonly exampleCount: number;
  readonly rows: readonly Row[];
  readonly verdict: Verdict | null;
}

/** Every version with a score on each task of the suite, ranked. Null when there is no such suite. */
export async function readLeaderboard(
  deps: Deps,
  actor: Actor,
  { namespace, suite: name, purpose }: { namespace: string; suite: string; purpose: SplitPurpose },
): Promise<LeaderboardView | null> {
  authorise(actor, "read");
  const suite = await loadSuite(deps, namespace, name);
  if (!suite) return null;
  const splits = suite.tasks.map(({ splits: all }) => all.find((split) => split.purpose === purpose) ?? null);
  const exampleCount = splits.reduce((sum, split) => sum + (split?.exampleCount ?? 0), 0);
  const splitIds = splits.flatMap((split) => (split ? [split.id] : []));
  if (splitIds.length < suite.tasks.length) return { suite, purpose, exampleCount, rows: [], verdict: null };
  const evaluations = await loadEvaluations(deps, splitIds);
  const rows = rankEntries([...versionEntries(evaluations, splitIds), ...expertsEntry(suite, evaluations, splitIds)]);
  return { suite, purpose, exampleCount, rows, verdict: rows.length > 0 ? judge(rows) : null };
}

function loadEvaluations(deps: Deps, splitIds: string[]) {
  return deps.db.evaluation.findMany({
    where: { splitId: { in: splitIds }, state: "SUCCEEDED" },
    include: { version: { include: { model: true, runs: { where: { kind: "MERGE" }, take: 1, select: { recipe: true } } } } },
  });
}

type Loaded = Awaited<ReturnType<typeof loadEvaluations>>[number];

function versionEntries(evaluations: readonly Loaded[], splitIds: readonly string[]): Entry[] {
  const byDigest = new Map<string, Loaded[]>();
  for (const each of evaluations) byDigest.set(each.versionDigest, [...(byDigest.get(each.versionDigest) ?? []), each]);
  return [...byDigest.values()].flatMap((own) => {
    const scores = splitIds.flatMap((id) => own.filter(({ splitId }) => splitId === id).map(toScore));
    const [first] = own;
    return first && scores.length === splitIds.length ? [toEntry(first.version, scores)] : [];
  });
}

function toEntry(version: Loaded["version"], scores: Score[]): Entry {
  const facts = version.runs[0]?.recipe
    ? factsOf(version.runs[0].recipe)
    : { method: null, isPlainAverage: false, parentCount: 0 };
  return {
    ...facts,
    versionId: version.id,
    title: formatRef(version),
    reference: version.kind === "BASE" ? "BASE" : null,
    isMerge: version.kind === "MERGED",
    scores,
  };
}

function factsOf(stored: Prisma.JsonValue): Pick<Entry, "method" | "isPlainAverage" | "parentCount"> {
  const recipe = parseRecipe(stored);
  const { parents } = coefficientsOf(recipe);
  const [first = null] = parents;
  // A share that varies over the model has no number, so such a merge is no plain average.
  const isEven = first !== null && parents.every((share) => share === first);
  const isAverage = recipe.method === "linear" || recipe.method === "uniform_soup";
  return { method: recipe.method, isPlainAverage: isAverage && isEven, parentCount: parents.length };
}

/** Each expert on its own task: what merging is measured against. */
function expertsEntry(suite: SuiteView, evaluations: readonly Loaded[], splitIds: readonly string[]): Entry[] {
  const scores = suite.tasks.flatMap(({ expert }, i) =>
    evaluations.filter(({ splitId, versionDigest }) => splitId === splitIds[i] && versionDigest === expert?.digest).map(toScore),
  );
  if (scores.length < suite.tasks.length) return [];
  const facts = { method: null, isMerge: false, isPlainAverage: false, parentCount: 0 };
  return [{ ...facts, versionId: null, title: "Each expert on its own task", reference: "EXPERTS", scores }];
}

function toScore({ id, value, low, high, n, correct }: Loaded): Score {
  return {
    evaluationId: id,
    value: value ?? 0,
    low: low ?? 0,
    high: high ?? 0,
    n: n ?? 0,
    correct: correct ?? new Uint8Array(0),
  };
}
