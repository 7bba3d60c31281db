import { z } from "zod";
import type { Deps } from "../../deps.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { loadReadyVersion, type ReadyVersion } from "../models/load-ready-version.ts";
import { formatRef } from "../models/version-ref.ts";
import { parseInput, refuse } from "../refuse.ts";
import { type AskedStatistics, askForStatistics } from "./ask-for-statistics.ts";
import { loadTask, splitFor } from "./load-task.ts";
import { measurableOf } from "./measurable.ts";
import { type Estimation, type WantedStatistic, wantedStatistics } from "./wanted-statistic.ts";

/** Enough for a diagonal that a merge weighs by, and seconds to measure on a small model. */
export const usualExamples = 128;

const inputSchema = z.object({
  versions: z.array(z.string().max(300)).min(1, "Name at least one version.").max(100, "100 versions at most."),
  task: z.string().max(200),
  kind: z.enum(["FISHER", "GRAM"]).nullish(),
  base: z.string().max(300).nullish(),
  lambdas: z
    .array(z.number().min(-10, "A λ is −10 to 10.").max(10, "A λ is −10 to 10."))
    .min(1, "Name at least one λ.")
    .max(33, "33 values of λ at most.")
    .nullish(),
  purpose: z.enum(["SEARCH", "TRAIN", "REPORT"]).nullish(),
  estimator: z.enum(["EXACT", "SAMPLED", "EMPIRICAL"]).nullish(),
  draws: z.int().min(1, "At least one label is drawn.").max(1000, "1000 labels at most are drawn.").nullish(),
  seed: z
    .int()
    .min(0, "A seed is at least 0.")
    .max(2 ** 31 - 1, "A seed is less than 2³¹.")
    .nullish(),
  examples: z.int().min(1, "At least one example is needed.").max(1_000_000, "A million examples at most.").nullish(),
});

type Input = z.output<typeof inputSchema>;

/** Asks for statistics of each version on the search split of a task; what is there already is answered at once. */
export async function requestStatistics(deps: Deps, actor: Actor, raw: unknown): Promise<AskedStatistics> {
  authorise(actor, "write");
  const input = parseInput(inputSchema, raw);
  const task = await loadTask(deps, input.task, ["task"]);
  if (input.purpose === "REPORT")
    refuse(
      "REPORT_SPLIT",
      "Statistics are never measured on a REPORT split: a merge by them would be flattered by its score there.",
      ["purpose"],
    );
  const split = splitFor(task, input.purpose ?? "SEARCH", ["purpose"]);
  const how = estimationOf(input, measurableOf[task.kind]?.asks === "tokens");
  const base = input.base == null ? null : await loadReadyVersion(deps, input.base, ["base"]);
  const lambdas = [...new Set(input.lambdas ?? [1])];
  if (base === null && lambdas.some((lambda) => lambda !== 1))
    refuse("NO_BASE", "At another λ than 1 a model is base + λ · (version − base), so name the base.", ["base"]);
  const wanted: WantedStatistic[] = [];
  for (const [i, ref] of input.versions.entries()) {
    const version = await loadReadyVersion(deps, ref, ["versions", i]);
    checkBase(version, base);
    const points = { version, base, lambdas, task, split, how, examples: input.examples ?? usualExamples };
    wanted.push(...wantedStatistics(points, { version: ["versions", i], task: ["task"] }));
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

function estimationOf({ kind, estimator, draws, seed, lambdas }: Input, isTexts: boolean): Estimation {
  if (kind === "GRAM") {
    if (estimator != null || draws != null || seed != null)
      refuse("NOT_FISHER", "Gram matrices have no estimator, draws or seed; these belong to Fisher information.", ["estimator"]);
    if (lambdas?.some((lambda) => lambda !== 1))
      refuse("NOT_FISHER", "Gram matrices are of the version itself: λ is 1.", ["lambdas"]);
    return { kind: "gram" };
  }
  const chosen = estimator ?? (isTexts ? "EMPIRICAL" : "EXACT");
  if (chosen === "SAMPLED") return { kind: "fisher", estimator: { kind: "sampled", draws: draws ?? 1, seed: seed ?? 0 } };
  if (draws != null || seed != null)
    refuse("NOT_SAMPLED", "draws and seed go with the estimator SAMPLED; the others draw nothing.", [
      draws != null ? "draws" : "seed",
    ]);
  return { kind: "fisher", estimator: { kind: chosen === "EXACT" ? "exact" : "empirical" } };
}
