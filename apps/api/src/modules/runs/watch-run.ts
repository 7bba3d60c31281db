import type { Deps } from "../../deps.ts";
import { isTerminal } from "./run.state.ts";

/** Yields the run's id at once and after each change, until the run has ended or nobody listens any more. */
export async function* watchRun(deps: Deps, id: string, signal: AbortSignal): AsyncGenerator<string> {
  for await (const changed of deps.notifications.stream("run", signal)) {
    // Null: messages may have been missed, so look.
    if (changed !== null && changed !== id) continue;
    const run = await deps.db.run.findUnique({ where: { id }, select: { state: true } });
    if (!run) return;
    yield id;
    if (isTerminal(run.state)) return;
  }
}
