import { type EvaluationRequest, evaluate, parseSettings, type Score } from "@amalgam/engine/evaluate";
import type { Deps } from "../../deps.ts";
import type { Task } from "../../generated/prisma/client.ts";
import { EvaluationFailedError } from "./evaluator.ts";

/**
 * Scores by the command that the task names. Only commands in the configuration of the machine can run: a caller picks one by name and never
 * gives one. It runs from here and not from the evaluator's process, which an abort kills without letting it end what it started.
 */
export async function runCommandOf(
  deps: Deps,
  { task, request, signal }: { task: Task; request: EvaluationRequest; signal: AbortSignal },
): Promise<Score> {
  const { evaluator = "" } = parseSettings("external", task.settings);
  const command = deps.evaluators.get(evaluator);
  if (command === undefined)
    throw new EvaluationFailedError(`${task.name}: this worker's configuration has no evaluator ${JSON.stringify(evaluator)}.`);
  try {
    return await evaluate({ ...request, source: { command }, signal });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new EvaluationFailedError(`${task.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
