import type { Deps } from "../../deps.ts";
import type { Prisma, Run, Statistic } from "../../generated/prisma/client.ts";
import { formatRef } from "../models/version-ref.ts";
import type { WantedStatistic } from "./wanted-statistic.ts";

export interface AskedStatistics {
  /** In the order in which they were wanted */
  readonly statistics: readonly Statistic[];
  /** All that must end before every one is there: new runs, and those of earlier requests */
  readonly runs: readonly Run[];
}

/** Asks for what is missing: one run for each version. What is there, or on its way, is not measured again. */
export async function askForStatistics(deps: Deps, wanted: readonly WantedStatistic[]): Promise<AskedStatistics> {
  if (wanted.length === 0) return { statistics: [], runs: [] };
  for (const id of new Set(wanted.map(({ version }) => version.id))) {
    const group = wanted.filter(({ version }) => version.id === id);
    const run = await deps.db.$transaction((tx) => writeRows(tx, group));
    if (run) await deps.queue.add("measure-statistics", run.id);
  }
  return findStatistics(deps, wanted);
}

/** The rows of what is wanted, and the runs that are at work on them. */
async function findStatistics(deps: Deps, wanted: readonly WantedStatistic[]): Promise<AskedStatistics> {
  const keys = wanted.map(({ key }) => key);
  const rows = await deps.db.statistic.findMany({ where: { key: { in: keys } }, include: { run: true } });
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const open = rows.filter(({ state }) => state !== "SUCCEEDED").flatMap(({ run }) => run ?? []);
  return {
    statistics: keys.flatMap((key) => byKey.get(key) ?? []),
    runs: [...new Map(open.map((run) => [run.id, run])).values()],
  };
}

async function writeRows(tx: Prisma.TransactionClient, wanted: readonly WantedStatistic[]): Promise<Run | null> {
  const [first] = wanted;
  if (!first) return null;
  const run = await tx.run.create({ data: { kind: "STATISTIC", title: titleOf(first), versionId: first.version.id } });
  // The unique key decides who measures when two ask at once.
  const made = await tx.statistic.createMany({
    data: wanted.map((each) => ({ ...rowOf(each), runId: run.id })),
    skipDuplicates: true,
  });
  const again = await tx.statistic.updateMany({
    where: { key: { in: wanted.map(({ key }) => key) }, state: { in: ["FAILED", "CANCELLED"] } },
    data: { state: "QUEUED", runId: run.id },
  });
  if (made.count + again.count > 0) return run;
  await tx.run.delete({ where: { id: run.id } });
  return null;
}

const words = { fisher: "Fisher information", gram: "Gram matrices", router: "routers", "task-vectors": "task vectors" } as const;

const titleOf = ({ about, version }: WantedStatistic): string => `Measure ${words[about.kind]} of ${formatRef(version)}`;

function rowOf({ key, about, version, base, headId, splitId }: WantedStatistic) {
  return {
    key,
    kind: about.kind === "gram" ? "GRAM" : "FISHER",
    estimator: about.estimator,
    about: about as unknown as Prisma.InputJsonObject,
    versionId: version.id,
    versionDigest: version.digest,
    baseId: base?.id ?? null,
    lambda: about.lambda,
    headId,
    splitId,
    examples: about.examples,
  } satisfies Omit<Prisma.StatisticCreateManyInput, "runId">;
}
