import { Interrupted } from "./failure.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Runs `work` with a signal that Ctrl-C (or the end of the terminal) aborts, and waits for it to tidy up.
 * A second Ctrl-C leaves at once.
 */
export async function interruptible<T>(
  work: (signal: AbortSignal) => Promise<T>,
  message = "Cancelled; nothing was left behind.",
): Promise<T> {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Interrupted(message));
  };
  for (const each of signals) process.on(each, onSignal);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? new Interrupted(message) : error;
  } finally {
    for (const each of signals) process.off(each, onSignal);
  }
}
