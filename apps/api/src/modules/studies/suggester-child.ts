import { type BatchRequest, suggestBatch } from "./suggest-batch.ts";
import type { SuggesterReply } from "./suggester.ts";

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
