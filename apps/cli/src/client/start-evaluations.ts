import { evaluationsOf, type RequestEvaluationInput, requestEvaluation } from "./evaluation-operations.ts";
import { accepted, execute, patience } from "./graphql.ts";
import type { Run } from "./operations.ts";
import { isOver } from "./runs.ts";
import type { Server } from "./server.ts";

export interface StartedEvaluations {
  /** All that must end before every score is there: runs of this request, and of earlier ones that are still under way */
  readonly runs: readonly Pick<Run, "id" | "title">[];
  /** Scores that need nothing more */
  readonly existing: number;
}

/** Asks for the scores that are missing. What somebody asked for before and is still being worked on is waited for as well. */
export async function startEvaluations(
  server: Server,
  input: RequestEvaluationInput,
  signal?: AbortSignal,
): Promise<StartedEvaluations> {
  const { runs, existing } = accepted(
    (await execute(server, requestEvaluation, { input }, { signal, attempts: patience })).requestEvaluation,
  );
  const waiting = new Map(runs.map(({ id, title }) => [id, { id, title }]));
  let underWay = 0;
  for (const ref of input.versions) {
    const { version } = await execute(server, evaluationsOf, { ref }, { signal, attempts: patience });
    for (const { state, split, run } of version?.evaluations ?? []) {
      if (!run || isOver(state) || split.purpose !== (input.purpose ?? "REPORT")) continue;
      if (!runs.some(({ id }) => id === run.id)) underWay += 1;
      waiting.set(run.id, { id: run.id, title: run.title });
    }
  }
  return { runs: [...waiting.values()], existing: Math.max(0, existing - underWay) };
}
