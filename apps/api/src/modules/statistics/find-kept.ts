import type { Deps } from "../../deps.ts";
import type { Prisma } from "../../generated/prisma/client.ts";
import { aboutOf, type WantedStatistic } from "./wanted-statistic.ts";

const withVersions = { version: { include: { model: true } }, base: { include: { model: true } } } as const;

/** A statistic that somebody asked for, with the versions it is about. */
export type KeptStatistic = Prisma.StatisticGetPayload<{ include: typeof withVersions }>;

/** By key: those that somebody asked for, measured or not. */
export async function findKept(deps: Deps, keys: readonly string[]): Promise<ReadonlyMap<string, KeptStatistic>> {
  if (keys.length === 0) return new Map();
  const rows = await deps.db.statistic.findMany({ where: { key: { in: [...keys] } }, include: withVersions });
  return new Map(rows.map((row) => [row.key, row]));
}

/** What was asked for. */
export function wantedOf(row: KeptStatistic): WantedStatistic {
  const about = aboutOf(row);
  return {
    ...{ key: row.key, about, headId: row.headId, splitId: row.splitId },
    version: { ...row.version, digest: row.versionDigest },
    base: row.base && about.base !== null ? { ...row.base, digest: about.base } : null,
  };
}
