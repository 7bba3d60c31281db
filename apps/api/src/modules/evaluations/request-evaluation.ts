import type { Fault } from "@amalgam/engine/merge";
import { z } from "zod";
import type { Deps } from "../../deps.ts";
import type { Prisma, Run, Split, SplitPurpose } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { loadReadyVersion, type ReadyVersion } from "../models/load-ready-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { fault, parseInput, refuse, refuseAll } from "../refuse.ts";
import { loadSuite } from "./load-suite.ts";

const inputSchema = z.object({
  versions: z.array(z.string().max(300)).min(1, "Name at least one version.").max(100, "100 versions at most."),
  namespace: z.string().max(64),
  suite: z.string().max(96),
  purpose: z.enum(["TRAIN", "SEARCH", "REPORT"]).default("REPORT"),
  tasks: z.array(z.string().max(96)).max(100).nullish(),
});

/** Asks for the scores that are missing: one run for each version that has any. */
export async function requestEvaluation(deps: Deps, actor: Actor, raw: unknown): Promise<{ runs: Run[]; existing: number }> {
  authorise(actor, "write");
  const input = parseInput(inputSchema, raw);
  const suite = await loadSuite(deps, input.namespace, input.suite);
  if (!suite) refuse("NOT_FOUND", `There is no suite ${input.namespace}/${input.suite}.`, ["suite"]);
  const faults: Fault[] = [];
  const unknown = (input.tasks ?? []).filter((name) => !suite.tasks.some((task) => task.name === name));
  for (const name of unknown) faults.push(fault("NOT_FOUND", `The suite has no task ${JSON.stringify(name)}.`, ["tasks"]));
  const tasks = suite.tasks.filter(({ name }) => !input.tasks || input.tasks.includes(name));
  const splits = tasks.flatMap((task) => {
    const split = task.splits.find(({ purpose }) => purpose === input.purpose);
    if (!split) faults.push(fault("NO_SPLIT", `The task ${task.name} has no split for ${input.purpose}.`, ["purpose"]));
    return split ? [split] : [];
  });
  refuseAll(faults);
  const versions: ReadyVersion[] = [];
  for (const [i, ref] of input.versions.entries()) versions.push(await loadReadyVersion(deps, ref, ["versions", i]));
  const runs: Run[] = [];
  let existing = 0;
  for (const version of versions) {
    const asked = await deps.db.$transaction((tx) => requestScores(tx, { version, splits, purpose: input.purpose }));
    existing += splits.length - asked.count;
    if (asked.run) runs.push(asked.run);
  }
  for (const run of runs) await deps.queue.add("evaluate", run.id);
  return { runs, existing };
}

/** One run for the scores of a version on these splits that are missing; null when there are none. The caller adds the job. */
export async function requestScores(
  tx: Prisma.TransactionClient,
  { version, splits, purpose }: { version: ReadyVersion; splits: readonly Split[]; purpose: SplitPurpose },
): Promise<{ run: Run | null; count: number }> {
  const title = `Evaluate ${formatRef(version)} (${purpose.toLowerCase()})`;
  const run = await tx.run.create({ data: { kind: "EVALUATION", title, versionId: version.id } });
  const rows = splits.map(({ id: splitId, taskId }) => ({
    versionId: version.id,
    versionDigest: version.digest,
    taskId,
    splitId,
    runId: run.id,
  }));
  // The unique key (digest, split) decides who evaluates when two ask at once.
  const made = await tx.evaluation.createMany({ data: rows, skipDuplicates: true });
  const again = await tx.evaluation.updateMany({
    where: { versionDigest: version.digest, splitId: { in: splits.map(({ id }) => id) }, state: { in: ["FAILED", "CANCELLED"] } },
    data: { state: "QUEUED", runId: run.id },
  });
  const count = made.count + again.count;
  if (count > 0) return { run, count };
  await tx.run.delete({ where: { id: run.id } });
  return { run: null, count };
}
