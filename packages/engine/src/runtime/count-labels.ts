import type { CheckpointSource } from "./architecture.ts";

/** Labels that a classification head tells apart: the rows of its last tensor. Throws when the caller knows another number. */
export async function countLabels(head: CheckpointSource, tensor: string, expected: number | undefined): Promise<number> {
  const weight = (await head.read([tensor])).get(tensor);
  const found = weight?.shape[0] ?? 0;
  if (expected === undefined || expected === found) return found;
  throw new Error(`${head.folder}: the head tells ${found} classes apart; the task has ${expected} labels.`);
}
