import { z } from "zod";
import type { Deps } from "../../deps.ts";
import type { Study } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { prepareMerge } from "../merges/prepare-merge.ts";
import { type RequestedMerge, requestMerge } from "../merges/request-merge.ts";
import { statisticsOptions } from "../merges/statistics-options.ts";
import { formatRef } from "../models/version-ref.ts";
import { parseInput, refuse } from "../refuse.ts";
import { judgeMerge } from "./judge-merge.ts";
import { chooseJudgedTasks } from "./judged-tasks.ts";

const inputSchema = z.object({
  namespace: z.string(),
  suite: z.string().max(200).nullish(),
  recipe: z.unknown(),
  statistics: statisticsOptions.nullish(),
});

/** Asks for a merge and, when a suite is named, for its judgement there. What is wrong with the suite is told before anything is merged. */
export async function requestJudgedMerge(
  deps: Deps,
  actor: Actor,
  raw: unknown,
): Promise<RequestedMerge & { readonly judgement: Study | null }> {
  authorise(actor, "write");
  const { suite, namespace, recipe, statistics } = parseInput(inputSchema, raw);
  if (suite == null) return { ...(await requestMerge(deps, actor, raw)), judgement: null };
  await chooseJudgedTasks(deps, suite, namespace);
  const { plan } = await prepareMerge(deps, recipe, statistics ?? {});
  if (plan.output !== "weights")
    refuse("NOT_SCORABLE", "The result would be a task vector, which cannot be scored; leave the suite out.", ["suite"]);
  const merged = await requestMerge(deps, actor, raw);
  const { model, ...version } = await deps.db.modelVersion.findUniqueOrThrow({
    where: { id: merged.version.id },
    include: { model: true },
  });
  // In the namespace of the request: an earlier result of the same merge may be another model's.
  const qualified = suite.includes("/") ? suite : `${namespace}/${suite}`;
  const judgement = await judgeMerge(deps, actor, { version: formatRef({ ...version, model }), suite: qualified });
  return { ...merged, judgement };
}
