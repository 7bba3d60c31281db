import { setImmediate } from "node:timers/promises";

/** Between two batches: lets an abort, or a message to this process, through. Rejects with the signal's reason. */
export async function pause(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}
