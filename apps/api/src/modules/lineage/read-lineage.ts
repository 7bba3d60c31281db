import type { Deps } from "../../deps.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { fault, refuseAll } from "../refuse.ts";

export interface Lineage {
  readonly versionIds: readonly string[];
  readonly edgeIds: readonly string[];
  readonly truncated: boolean;
}

const maxDepth = 50;
const maxLimit = 1000;

/** Ancestors and descendants of a version to a depth, nearest first, at most `limit` versions, in one recursive query. */
export async function readLineage(
  deps: Deps,
  actor: Actor,
  versionId: string,
  { depth, limit }: { depth: number; limit: number },
): Promise<Lineage> {
  authorise(actor, "read");
  refuseAll([
    ...(depth >= 1 && depth <= maxDepth
      ? []
      : [fault("OUT_OF_RANGE", `depth must be 1 to ${maxDepth}, not ${depth}.`, ["depth"])]),
    ...(limit >= 1 && limit <= maxLimit
      ? []
      : [fault("OUT_OF_RANGE", `limit must be 1 to ${maxLimit}, not ${limit}.`, ["limit"])]),
  ]);
  // UNION (not ALL) keeps a version once for each distance, so many paths cost no more than one, and the bound on the distance
  // ends a circle, which only an edit of the database by hand can make. One step further and one version more than asked for
  // tell whether something is cut.
  const rows = await deps.db.$queryRaw<{ id: string; distance: number }[]>`
    with recursive up(id, distance) as (
      select ${versionId}::text, 0
      union
      select e."parentId", up.distance + 1 from up join "LineageEdge" e on e."childId" = up.id where up.distance <= ${depth}
    ),
    down(id, distance) as (
      select ${versionId}::text, 0
      union
      select e."childId", down.distance + 1 from down join "LineageEdge" e on e."parentId" = down.id where down.distance <= ${depth}
    )
    select id, min(distance)::int as distance
    from (select id, distance from up union all select id, distance from down) reached
    group by id order by distance, id limit ${limit + 1}`;
  const near = rows.filter(({ distance }) => distance <= depth);
  const kept = near.slice(0, limit).map(({ id }) => id);
  const edges = await deps.db.lineageEdge.findMany({
    where: { parentId: { in: kept }, childId: { in: kept } },
    select: { id: true },
  });
  return { versionIds: kept, edgeIds: edges.map(({ id }) => id), truncated: rows.length > kept.length };
}
