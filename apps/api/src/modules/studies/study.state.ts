import type { Prisma, StudyState } from "../../generated/prisma/client.ts";

/**
 * The life of a study:
 *
 *   QUEUED ──▶ RUNNING ──▶ SUCCEEDED   its budget is spent, or nothing more is to be gained
 *     ▲  │        │  └───▶ CANCELLED   stopped; the best so far is kept
 *     │  └──────▶ └──────▶ FAILED      a parent is gone, every trial failed …
 *     └── resume, from all three
 *
 * Nothing else writes `state`.
 */
const studyMoves: Readonly<Record<StudyState, readonly StudyState[]>> = {
  QUEUED: ["RUNNING", "FAILED", "CANCELLED"],
  RUNNING: ["SUCCEEDED", "FAILED", "CANCELLED"],
  SUCCEEDED: ["QUEUED"],
  FAILED: ["QUEUED"],
  CANCELLED: ["QUEUED"],
};

export const isStudyOver = (state: StudyState): boolean => state !== "QUEUED" && state !== "RUNNING";

type StudyFields = Omit<Prisma.StudyUncheckedUpdateManyInput, "state" | "finishedAt">;

/** Moves a study in one guarded update; false when it was in no state from which it may go there. */
export async function moveStudy(
  db: Prisma.TransactionClient,
  { id, to, now }: { id: string; to: StudyState; now: Date },
  fields: StudyFields = {},
): Promise<boolean> {
  const from = (Object.keys(studyMoves) as StudyState[]).filter((state) => studyMoves[state].includes(to));
  const { count } = await db.study.updateMany({
    where: { id, state: { in: from } },
    data: { ...fields, state: to, finishedAt: isStudyOver(to) ? now : null },
  });
  if (count === 1) await db.$executeRaw`select pg_notify('study', ${id})`;
  return count === 1;
}
