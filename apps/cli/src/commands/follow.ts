import { accepted, execute } from "../client/graphql.ts";
import { cancelRun, type Run } from "../client/operations.ts";
import { followRun } from "../client/runs.ts";
import type { Server } from "../client/server.ts";
import { Refusal, refusal } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { printable } from "../terminal/format.ts";
import { startProgress } from "../terminal/progress.ts";

/** Shows a run until it is over; Ctrl-C cancels the run on the server, too. Answers only when it succeeded. */
export async function showRun(server: Server, { id, title }: Pick<Run, "id" | "title">): Promise<Run> {
  const progress = startProgress(printable(title, 60), { unit: "none" });
  const work = (signal: AbortSignal): Promise<Run> => {
    signal.addEventListener("abort", () => void cancel(server, id));
    return followRun(server, id, {
      signal,
      onChange: ({ progress: share, stage, state }) =>
        progress.update({ done: share, total: 1, note: (stage ?? state).toLowerCase() }),
    });
  };
  try {
    const run = await interruptible(work, "Cancelled; the server was told to stop the run.");
    if (run.state === "SUCCEEDED") return run;
    throw run.failure
      ? new Refusal([{ ...run.failure, message: `${run.title}: ${run.failure.message}` }])
      : refusal("CANCELLED", `${run.title} was cancelled.`);
  } finally {
    progress.finish();
  }
}

/** Best effort: the terminal is waiting, and the run can be cancelled in the dashboard as well. */
async function cancel(server: Server, id: string): Promise<void> {
  try {
    accepted((await execute(server, cancelRun, { input: { id } }, { attempts: 1 })).cancelRun);
  } catch {}
}
