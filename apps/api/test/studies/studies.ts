import type { TrialRole } from "../../src/generated/prisma/client.ts";
import { startStudy } from "../../src/modules/studies/start-study.ts";
import { isStudyOver } from "../../src/modules/studies/study.state.ts";
import type { TestDeps } from "../support/stack.ts";
import { recipe } from "./tiny-registry.ts";

/** Task arithmetic with one weight for each of the two experts, on both tasks. */
export const usual = {
  namespace: "tiny",
  recipe: { ...recipe, parameters: { lambda: 1 } },
  tune: [{ name: "weight" }],
  suite: "both",
  budget: 10,
  seed: 1,
};

export const start = ({ deps, actor }: TestDeps, name: string, more: Record<string, unknown> = {}) =>
  startStudy(deps, actor, { ...usual, name, ...more });

export const readStudy = ({ deps }: TestDeps, id: string) =>
  deps.db.study.findUniqueOrThrow({
    where: { id },
    include: { trials: { orderBy: [{ role: "asc" }, { index: "asc" }], include: { scores: true } }, bestVersion: true },
  });

type StudyRow = Awaited<ReturnType<typeof readStudy>>;

/** Looks at the study again and again until `holds`; the test's own time limit is the only clock. */
export async function studyThat(stack: TestDeps, id: string, holds: (study: StudyRow) => boolean): Promise<StudyRow> {
  for (;;) {
    // Also while PostgreSQL is away.
    const study = await readStudy(stack, id).catch(() => null);
    if (study !== null && holds(study)) return study;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const studyOver = (stack: TestDeps, id: string) => studyThat(stack, id, ({ state }) => isStudyOver(state));

/** What the study tried, in order, and what came of it. */
export const sequenceOf = ({ trials }: StudyRow, role: TrialRole = "SEARCH") =>
  trials
    .filter((trial) => trial.role === role)
    .map(({ index, params, source, state, value, identity }) => ({ index, params, source, state, value, identity }));

export const countOf = ({ trials }: StudyRow, state: string): number =>
  trials.filter((trial) => trial.role === "SEARCH" && trial.state === state).length;
