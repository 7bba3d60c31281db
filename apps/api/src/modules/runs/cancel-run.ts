import type { Deps } from "../../deps.ts";
import type { Run } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { fault, refuse } from "../refuse.ts";
import { isTerminal, moveRun } from "./run.state.ts";
import { undoRun } from "./undo-run.ts";

/** Stops a run: at once while it waits, else as soon as its worker hears of it. Cancelling twice is no fault. */
export async function cancelRun(deps: Deps, actor: Actor, id: string): Promise<Run> {
  authorise(actor, "write");
  const run = await deps.db.run.findUnique({ where: { id } });
  if (!run) refuse("NOT_FOUND", "There is no such run.", ["id"]);
  if (run.state === "CANCELLED" || run.state === "CANCELLING") return run;
  if (isTerminal(run.state)) refuse("RUN_ENDED", `This run has ended already (${run.state.toLowerCase()}).`, ["id"]);
  const now = deps.clock();
  await deps.db.$transaction(async (tx) => {
    if (await moveRun(tx, { id, to: "CANCELLED", from: ["QUEUED"], now })) {
      await undoRun(tx, run, fault("CANCELLED", "The run was cancelled."));
    } else await moveRun(tx, { id, to: "CANCELLING", now });
  });
  await deps.notifications.publish("run-cancel", id);
  return deps.db.run.findUniqueOrThrow({ where: { id } });
}
