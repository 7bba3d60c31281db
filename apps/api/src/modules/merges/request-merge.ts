import { z } from "zod";
import type { Deps } from "../../deps.ts";
import type { ModelVersion, Prisma, Run, Statistic } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { nextNumber } from "../models/register-version.ts";
import { moveAliases } from "../models/set-alias.ts";
import { formatRef } from "../models/version-ref.ts";
import { aliasSchema, nameOnlySchema, namespaceSchema } from "../names.ts";
import { parseInput } from "../refuse.ts";
import { isUniqueViolation } from "../runs/retry-run.ts";
import { askForStatistics } from "../statistics/ask-for-statistics.ts";
import { findEarlierMerge } from "./find-earlier-merge.ts";
import { type PreparedMerge, prepareMerge } from "./prepare-merge.ts";
import { statisticsOptions } from "./statistics-options.ts";

const inputSchema = z.object({
  namespace: namespaceSchema,
  name: nameOnlySchema,
  recipe: z.unknown(),
  aliases: z.array(aliasSchema).max(20, "20 aliases at most.").nullish(),
  statistics: statisticsOptions.nullish(),
});

export interface RequestedMerge {
  readonly run: Run;
  readonly version: ModelVersion;
  readonly created: boolean;
}

interface Target {
  readonly namespace: string;
  readonly name: string;
  readonly aliases: readonly string[];
}

/**
 * Asks for a merge; the model of the result is made with it when there is none. The same merge (by identity) is done once,
 * whoever asks and whatever it is to be called.
 */
export async function requestMerge(deps: Deps, actor: Actor, raw: unknown): Promise<RequestedMerge> {
  authorise(actor, "write");
  const { namespace, name, recipe, aliases, statistics } = parseInput(inputSchema, raw);
  const target = { namespace, name, aliases: aliases ?? [] };
  const merge = await prepareMerge(deps, recipe, statistics ?? {});
  const earlier = await findEarlierMerge(deps, merge.identity);
  if (earlier) return again(deps, earlier, target);
  // What is missing is asked for first; the merge waits until it is there.
  const asked = await askForStatistics(
    deps,
    merge.needs.map(({ wanted }) => wanted),
  );
  try {
    const { run, version } = await deps.db.$transaction((tx) => write(tx, merge, { ...target, needs: asked.statistics }));
    if (asked.runs.length === 0) await deps.queue.add("execute-merge", run.id);
    return { run, version, created: true };
  } catch (error) {
    // Somebody asked for the same merge at the same moment.
    const winner = isUniqueViolation(error) ? await findEarlierMerge(deps, merge.identity) : null;
    if (!winner) throw error;
    return again(deps, winner, target);
  }
}

/** The aliases of a repeated request hold as well, unless the earlier result belongs to another model. */
async function again(
  deps: Deps,
  earlier: Run & { version: ModelVersion },
  { namespace, name, aliases }: Target,
): Promise<RequestedMerge> {
  const { version, ...run } = earlier;
  const model = await deps.db.model.findUnique({ where: { namespace_name: { namespace, name } } });
  if (version.modelId !== model?.id) return { run, version, created: false };
  if (version.state === "READY") await moveAliases(deps.db, version, aliases);
  else await deps.db.modelVersion.update({ where: { id: version.id }, data: { wantedAliases: { push: [...aliases] } } });
  return { run, version, created: false };
}

async function write(
  tx: Prisma.TransactionClient,
  merge: PreparedMerge,
  { namespace, name, aliases, needs }: Target & { readonly needs: readonly Statistic[] },
): Promise<{ run: Run; version: ModelVersion }> {
  await tx.model.createMany({ data: { namespace, name }, skipDuplicates: true });
  const { id: modelId } = await tx.model.findUniqueOrThrow({ where: { namespace_name: { namespace, name } } });
  const { number, model } = await nextNumber(tx, modelId);
  const { plan, recipe, identity } = merge;
  const version = await tx.modelVersion.create({
    data: {
      modelId,
      number,
      kind: plan.output === "delta" ? "TASK_VECTOR" : "MERGED",
      space: plan.output,
      sizeBytes: BigInt(plan.writeBytes),
      tensorCount: plan.tensors.length,
      parameterCount: BigInt(plan.tensors.reduce((sum, { elements }) => sum + elements, 0)),
      wantedAliases: [...aliases],
    },
  });
  const run = await tx.run.create({
    data: {
      kind: "MERGE",
      title: `${plan.output === "delta" ? "Extract" : "Merge"} ${formatRef({ number, model })}`,
      versionId: version.id,
      recipe: recipe as unknown as Prisma.InputJsonObject,
      identity,
      tensorsDone: 0,
      tensorsTotal: plan.tensors.length,
      needs: { create: needs.map(({ id: statisticId }, position) => ({ position, statisticId })) },
    },
  });
  return { run, version };
}
