import { setTimeout as sleep } from "node:timers/promises";

export interface RetryOptions {
  readonly attempts?: number;
  readonly firstDelayMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly isTransient: (error: unknown) => boolean;
}

/** Tries again with doubling pauses (0.25 s to 8 s) while the failure looks like one that passes. */
export async function retry<T>(
  work: () => Promise<T>,
  { attempts = 7, firstDelayMs = 250, signal, isTransient }: RetryOptions,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      if (attempt >= attempts || !isTransient(error)) throw error;
      await sleep(Math.min(8000, firstDelayMs * 2 ** (attempt - 1)), undefined, signal ? { signal } : {});
    }
  }
}
