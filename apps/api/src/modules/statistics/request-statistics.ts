import { z } from "zod";
import type { Deps } from "../../deps.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { loadReadyVersion, type ReadyVersion } from "../models/load-ready-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { parseInput, refuse } from "../refuse.ts";
import { type AskedStatistics, askForStatistics } from "./ask-for-statistics.ts";
import { loadTask, splitFor } from "./load-task.ts";
import { measurableOf } from "./measurable.ts";
import { estimationOf, measureFields, purposeOf, usualExamples } from "./measure-options.ts";
import { type WantedStatistic, wantedStatistics } from "./wanted-statistic.ts";

const inputSchema = z.object({
  versions: z.array(z.string().max(300)).min(1, "Name at least one version.").max(100, "100 versions at most."),
  task: z.string().max(200),
  kind: z.enum(["FISHER", "GRAM"]).nullish(),
  base: z.string().max(300).nullish(),
  ...measureFields,
});

/** Asks for statistics of each version on the search split of a task; what is there already is answered at once. */
export async function requestStatistics(deps: Deps, actor: Actor, raw: unknown): Promise<AskedStatistics> {
  authorise(actor, "write");
  const input = parseInput(inputSchema, raw);
  const task = await loadTask(deps, input.task, ["task"]);
  const split = splitFor(task, purposeOf(input, ["purpose"]), ["purpose"]);
  const how = estimationOf(input.kind === "GRAM" ? "gram" : "fisher", input, measurableOf[task.kind]?.asks === "tokens");
  const base = input.base == null ? null : await loadReadyVersion(deps, input.base, ["base"]);
  const lambdas = [...new Set(input.lambdas ?? [1])];
  const isMoved = lambdas.some((lambda) => lambda !== 1);
  if (isMoved && how.kind === "gram") refuse("NOT_FISHER", "Gram matrices are of the version itself: λ is 1.", ["lambdas"]);
  if (isMoved && base === null)
    refuse("NO_BASE", "At another λ than 1 a model is base + λ · (version − base), so name the base.", ["base"]);
  const wanted: WantedStatistic[] = [];
  for (const [i, ref] of input.versions.entries()) {
    const version = await loadReadyVersion(deps, ref, ["versions", i]);
    checkBase(version, base);
    const points = { version, base, lambdas, task, split, how, examples: input.examples ?? usualExamples };
    wanted.push(...wantedStatistics(points, { version: ["versions", i], task: ["task"], estimator: ["estimator"] }));
  }
  return askForStatistics(deps, wanted);
}

function checkBase(version: ReadyVersion, base: ReadyVersion | null): void {
  if (base === null) return;
  if (base.digest === version.digest)
    refuse("BASE_IS_VERSION", `${formatRef(version)} is its own base, so there is no task vector to scale.`, ["base"]);
  if (base.kind === "ADAPTER" || base.space === "delta")
    refuse("NOT_RUNNABLE", `${formatRef(base)} is no whole model, so it cannot be a base.`, ["base"]);
}
