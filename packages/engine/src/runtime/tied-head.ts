import type { CheckpointSource } from "./architecture.ts";

/** Whether a head is the embedding: absent from the files, or there with the very same numbers, as some programs write it. */
export async function hasTiedHead(source: CheckpointSource, head: string, embedding: string): Promise<boolean> {
  if (!source.names.has(head)) return true;
  const tensors = await source.read([head, embedding]);
  const [own, shared] = [tensors.get(head)?.values, tensors.get(embedding)?.values];
  return own !== undefined && own.length === shared?.length && own.every((value, index) => value === shared[index]);
}
