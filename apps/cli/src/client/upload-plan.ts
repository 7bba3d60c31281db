import type { Upload } from "./operations.ts";

export interface Part {
  readonly index: number;
  readonly start: number;
  readonly length: number;
}

/** The parts that the server does not have yet, in order. */
export function missingParts({ sizeBytes, partSizeBytes, partCount, receivedParts, complete }: Upload): Part[] {
  if (complete) return [];
  const received = new Set(receivedParts);
  return Array.from({ length: partCount }, (_, index) => index)
    .filter((index) => !received.has(index))
    .map((index) => {
      const start = index * partSizeBytes;
      return { index, start, length: Math.min(partSizeBytes, sizeBytes - start) };
    });
}

/** Runs `work` over items, at most `width` at a time; the first failure stops the rest. */
export async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (failed) return;
      await work(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, worker));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
