import type { Deps } from "../../deps.ts";
import { isStudyOver } from "./study.state.ts";

/** Yields the study's id at once and after each change, until the study has ended or nobody listens any more. */
export async function* watchStudy(deps: Deps, id: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const changed of deps.notifications.stream("study", signal)) {
    // Null: messages may have been missed, so look.
    if (changed !== null && changed !== id) continue;
    const study = await deps.db.study.findUnique({ where: { id }, select: { state: true } });
    if (!study) return;
    yield id;
    if (isStudyOver(study.state)) return;
  }
}
