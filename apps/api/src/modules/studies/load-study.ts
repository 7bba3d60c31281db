import type { Recipe } from "@amalgam/engine/merge";
import type { Params, Sampler, Space, Trial as TunedTrial } from "@amalgam/engine/tune";
import type { Deps } from "../../deps.ts";
import type { Prisma, Trial, TrialRole } from "../../generated/prisma/client.ts";

const studyView = {
  parents: { orderBy: { position: "asc" } },
  tasks: { orderBy: { position: "asc" }, include: { task: true, searchSplit: true, reportSplit: true } },
  trials: { orderBy: [{ role: "asc" }, { index: "asc" }] },
  needs: { include: { statistic: { select: { seconds: true, createdAt: true } } } },
} as const satisfies Prisma.StudyInclude;

/** A study with what decides its next step. */
export type StudyView = Prisma.StudyGetPayload<{ include: typeof studyView }>;

export const loadStudy = (deps: Deps, id: string): Promise<StudyView | null> =>
  deps.db.study.findUnique({ where: { id }, include: studyView });

// What start-study has written; nothing else writes these columns.
export const recipeOf = ({ recipe }: { recipe: Prisma.JsonValue }): Recipe => recipe as unknown as Recipe;
export const searchedSpace = ({ space }: { space: Prisma.JsonValue }): Space => space as unknown as Space;
export const samplerOf = ({ sampler }: { sampler: Prisma.JsonValue }): Sampler => sampler as unknown as Sampler;
export const anchorsIn = ({ anchors }: { anchors: Prisma.JsonValue }): Params[] => anchors as unknown as Params[];
export const paramsIn = ({ params }: { params: Prisma.JsonValue }): Params => params as unknown as Params;

export const trialsOf = <T extends Pick<Trial, "role" | "index">>(trials: readonly T[], role: TrialRole): T[] =>
  trials.filter((trial) => trial.role === role).sort((a, b) => a.index - b.index);

/** A trial as the optimiser sees it; one that was cancelled will be run again and counts as running. */
export function tunedTrial(trial: Pick<Trial, "state" | "params" | "value">): TunedTrial {
  const params = paramsIn(trial);
  if (trial.state === "COMPLETE" && trial.value !== null) return { params, state: "complete", value: trial.value };
  return { params, state: trial.state === "FAILED" ? "failed" : "running" };
}
