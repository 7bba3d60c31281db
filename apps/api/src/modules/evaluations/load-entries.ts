import type { Deps } from "../../deps.ts";
import type { LineageRole, VersionKind } from "../../generated/prisma/client.ts";
import { formatRef } from "../models/version-ref.ts";
import type { Entry, Parent, Score } from "./leaderboard.ts";

interface StoredScore {
  readonly id: string;
  readonly splitId: string;
  readonly value: number;
  readonly n: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly hasBits: boolean;
}

interface ScoredVersion {
  readonly digest: string;
  readonly versionId: string;
  readonly scores: readonly StoredScore[];
}

/**
 * Scores on these splits, without the bits of their examples: a row for each version, because twenty thousand rows take the
 * driver longer than the database. Equal bytes are one version, under the name that was evaluated first.
 */
export function loadScores(deps: Deps, splitIds: readonly string[], digests?: readonly string[]): Promise<ScoredVersion[]> {
  const only = digests ?? null;
  return deps.db.$queryRaw<ScoredVersion[]>`
    select "versionDigest" as digest, (array_agg("versionId" order by id))[1] as "versionId",
      json_agg(json_build_object('id', id, 'splitId', "splitId", 'value', value, 'n', n, 'low', low, 'high', high,
        'hasBits', correct is not null)) as scores
    from "Evaluation"
    where "splitId" = any(${splitIds}) and state = 'SUCCEEDED' and value is not null
      and (${only}::text[] is null or "versionDigest" = any(${only}::text[]))
    group by "versionDigest" order by min(id)`;
}

/** For each digest with a score on one of the splits, what changes when one comes or goes; a score that is there never changes. */
export async function printScores(deps: Deps, splitIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await deps.db.$queryRaw<{ digest: string; print: string }[]>`
    select "versionDigest" as digest, count(*) || ' ' || sum(hashtextextended(id || "versionId", 0)) as print
    from "Evaluation" where "splitId" = any(${splitIds}) and state = 'SUCCEEDED' and value is not null
    group by "versionDigest" order by "versionDigest"`;
  return new Map(rows.map(({ digest, print }) => [digest, print]));
}

const countedMetrics = new Set(["accuracy", "exact_match"]);

export function toScore({ id, value, low, high, n, hasBits }: StoredScore, metric: string): Score {
  const isCounted = hasBits && n !== null && countedMetrics.has(metric);
  return { evaluationId: id, value, low, high, n: n ?? 0, correct: isCounted ? Math.round(value * n) : null };
}

interface VersionFacts {
  readonly id: string;
  readonly number: number;
  readonly kind: VersionKind;
  readonly namespace: string;
  readonly name: string;
  readonly method: string | null;
  readonly edges: readonly EdgeFacts[] | null;
}

interface EdgeFacts {
  readonly parentId: string;
  readonly digest: string;
  readonly role: LineageRole;
  readonly coefficient: number | null;
}

/** A version with its scores, but without what others decide: whether it was tuned. */
export type LoadedEntry = Omit<Entry, "tunedOn">;

/** The versions with these digests and their scores on the splits; three queries whatever their number. */
export async function loadEntries(
  deps: Deps,
  { metrics, splitIds, digests }: { metrics: readonly string[]; splitIds: readonly string[]; digests: readonly string[] },
): Promise<LoadedEntry[]> {
  const scored = await loadScores(deps, splitIds, digests);
  const versions = await loadVersions(
    deps,
    scored.map(({ versionId }) => versionId),
  );
  const parents = await loadParents(deps, [...versions.values()]);
  return scored.flatMap(({ digest, versionId, scores: stored }): LoadedEntry[] => {
    const version = versions.get(versionId);
    if (!version) return [];
    const bySplit = new Map(stored.map((each) => [each.splitId, each]));
    const scores = splitIds.map((splitId, i) => {
      const found = bySplit.get(splitId);
      return found ? toScore(found, metrics[i] ?? "") : null;
    });
    return [{ ...toEntry(version, parents), id: digest, scores }];
  });
}

type ParentFacts = Pick<Parent, "kind" | "number" | "namespace" | "name" | "strand">;

function toEntry(
  { id, number, kind, namespace, name, method, edges }: VersionFacts,
  facts: ReadonlyMap<string, ParentFacts>,
): Omit<LoadedEntry, "id" | "scores"> {
  const parents = (edges ?? []).flatMap(({ parentId, digest, role, coefficient }): Parent[] => {
    const parent = facts.get(parentId);
    return parent ? [{ ...parent, ref: formatRef({ number: parent.number, model: parent }), digest, role, coefficient }] : [];
  });
  const weights = parents.filter(({ role }) => role === "PARENT").map(({ coefficient }) => coefficient);
  const [first = null] = weights;
  // A share that varies over the model has no number, so such a merge is no plain average.
  const isEven = first !== null && weights.every((weight) => weight === first);
  return {
    versionId: id,
    title: formatRef({ number, model: { namespace, name } }),
    namespace,
    kind,
    method,
    reference: kind === "BASE" ? "BASE" : null,
    isPlainAverage: isEven && (method === "linear" || method === "uniform_soup"),
    parents,
  };
}

async function loadVersions(deps: Deps, ids: readonly string[]): Promise<Map<string, VersionFacts>> {
  const rows = await deps.db.$queryRaw<VersionFacts[]>`
    select v.id, v.number, v.kind::text as kind, m.namespace, m.name,
      (select r.recipe->>'method' from "Run" r where r."versionId" = v.id and r.kind = 'MERGE' order by r.id limit 1) as method,
      (select json_agg(json_build_object('parentId', e."parentId", 'digest', e."parentDigest", 'role', e.role,
         'coefficient', e.coefficient) order by e.position) from "LineageEdge" e where e."childId" = v.id) as edges
    from "ModelVersion" v join "Model" m on m.id = v."modelId" where v.id = any(${ids})`;
  return new Map(rows.map((row) => [row.id, row]));
}

async function loadParents(deps: Deps, versions: readonly VersionFacts[]): Promise<Map<string, ParentFacts>> {
  const ids = [...new Set(versions.flatMap(({ edges }) => (edges ?? []).map(({ parentId }) => parentId)))];
  const rows = await deps.db.$queryRaw<(ParentFacts & { readonly id: string })[]>`
    select v.id, v.number, v.kind::text as kind, m.namespace, m.name, m.strand
    from "ModelVersion" v join "Model" m on m.id = v."modelId" where v.id = any(${ids})`;
  return new Map(rows.map(({ id, ...facts }) => [id, facts]));
}
