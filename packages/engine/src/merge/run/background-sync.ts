import type { FileHandle } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

const pauseMs = 50;

/**
 * Sends written pages to the disk while a merge computes, so that the last sync has little left to wait for.
 * @returns ends it; resolves when no sync is under way. Errors are left to the last sync, which meets them, too.
 */
export function startBackgroundSync(handles: readonly FileHandle[]): () => Promise<void> {
  const controller = new AbortController();
  const loop = async () => {
    while (!controller.signal.aborted) {
      for (const handle of handles) if (!controller.signal.aborted) await handle.datasync();
      await delay(pauseMs, undefined, { signal: controller.signal });
    }
  };
  const ended = loop().catch(() => {});
  return () => {
    controller.abort();
    return ended;
  };
}
