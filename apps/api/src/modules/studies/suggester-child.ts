import { type BatchRequest, type BatchSuggestion, suggestBatch } from "./suggest-batch.ts";

export type SuggesterReply =
  | { readonly id: number; readonly suggestions: readonly BatchSuggestion[] }
  | { readonly id: number; readonly failed: string };

/** A worker that dies takes this process with it. */
process.on("disconnect", () => process.exit());

process.on("message", ({ id, request }: { id: number; request: BatchRequest }) => {
  const reply = (message: SuggesterReply) => process.send?.(message);
  try {
    reply({ id, suggestions: suggestBatch(request) });
  } catch (error) {
    reply({ id, failed: error instanceof Error ? error.message : String(error) });
  }
});
