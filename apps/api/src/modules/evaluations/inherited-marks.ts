import type { Deps } from "../../deps.ts";
import { formatRef } from "../models/version-ref.ts";

/** Why a score on a split flatters the bytes: they were tuned on it, or an ancestor of theirs was. */
export interface Mark {
  /** What tuned, in a few words; empty when nobody said. */
  readonly by: string;
  /** Ref of the nearest ancestor that was tuned; null: the bytes themselves were. */
  readonly ancestor: string | null;
}

/** "digest splitId" of everything that was tuned on one of the splits or descends from it. */
export type Marks = ReadonlyMap<string, Mark>;
export const markKey = (digest: string, splitId: string): string => `${digest} ${splitId}`;

interface Edge {
  readonly parent: string;
  readonly child: string;
}

export async function loadMarks(deps: Deps, splitIds: readonly string[]): Promise<Marks> {
  const tuned = await deps.db.tunedOn.findMany({
    where: { splitId: { in: [...splitIds] } },
    orderBy: [{ versionDigest: "asc" }, { splitId: "asc" }],
  });
  if (tuned.length === 0) return new Map();
  const digests = [...new Set(tuned.map(({ versionDigest }) => versionDigest))];
  const [edges, refs] = await Promise.all([loadEdgesBelow(deps, digests), loadRefs(deps, digests)]);
  const marks = new Map<string, Mark>();
  for (const splitId of splitIds) {
    const sources = tuned.filter((each) => each.splitId === splitId);
    const by = new Map(sources.map((each) => [each.versionDigest, each.by]));
    for (const [digest, source] of nearestSources([...by.keys()], edges)) {
      // Bytes that no version has any more still mark what was made from them.
      const ancestor = source === digest ? null : (refs.get(source) ?? `${source.slice(0, 8)}…`);
      marks.set(markKey(digest, splitId), { by: by.get(source) ?? "", ancestor });
    }
  }
  return marks;
}

/**
 * Everything that can be reached from the sources, each with the source that is the fewest edges above it; of equally near ones
 * the first in the order given. A source is its own. Bytes may descend from themselves: a merge can give those of its parent.
 */
export function nearestSources(sources: readonly string[], edges: readonly Edge[]): Map<string, string> {
  const below = new Map<string, string[]>();
  for (const { parent, child } of edges) below.set(parent, [...(below.get(parent) ?? []), child]);
  const nearest = new Map(sources.map((source) => [source, source]));
  // A map keeps the order of insertion and goes on to what is added meanwhile: breadth first.
  for (const [digest, source] of nearest)
    for (const child of below.get(digest) ?? []) if (!nearest.has(child)) nearest.set(child, source);
  return nearest;
}

/** Edges of lineage to all descendants, by digest: equal bytes under another name are the same parent. */
function loadEdgesBelow(deps: Deps, digests: readonly string[]): Promise<Edge[]> {
  return deps.db.$queryRaw<Edge[]>`
    with recursive below(parent, child) as (
      select p.digest, c.digest
        from "ModelVersion" p join "LineageEdge" e on e."parentId" = p.id join "ModelVersion" c on c.id = e."childId"
        where p.digest = any(${digests}) and c.digest is not null
      union
      select p.digest, c.digest
        from below b join "ModelVersion" p on p.digest = b.child
          join "LineageEdge" e on e."parentId" = p.id join "ModelVersion" c on c.id = e."childId"
        where c.digest is not null)
    select parent, child from below order by parent, child`;
}

async function loadRefs(deps: Deps, digests: readonly string[]): Promise<Map<string, string>> {
  const versions = await deps.db.modelVersion.findMany({
    where: { digest: { in: [...digests] } },
    select: { digest: true, number: true, model: { select: { namespace: true, name: true } } },
    orderBy: { id: "desc" },
  });
  // The first of equal bytes is written last, and stays.
  return new Map(versions.map((version) => [version.digest ?? "", formatRef(version)]));
}
