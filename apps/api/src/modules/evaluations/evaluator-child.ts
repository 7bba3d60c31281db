import fs from "node:fs/promises";
import { evaluateClassification, readExamples } from "@amalgam/engine/evaluate";
import { type BackendName, selectBackend } from "@amalgam/engine/runtime";

/** Paths on this disk, made by the worker. */
export interface EvaluatorRequest {
  readonly task: string;
  readonly model: string;
  readonly head: string;
  readonly labels: readonly string[];
  readonly examples: string;
}

export interface EvaluatorScore {
  readonly n: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly seconds: number;
  readonly correct: Uint8Array;
}

export type EvaluatorReply =
  | { readonly kind: "progress"; readonly part: number }
  | { readonly kind: "score"; readonly score: EvaluatorScore }
  | { readonly kind: "failed"; readonly message: string };

const reply = (message: EvaluatorReply) => process.send?.(message);

/** A worker that dies takes this process with it. */
process.on("disconnect", () => process.exit());

const backend = selectBackend((process.env["AMALGAM_BACKEND"] ?? "auto") as BackendName | "auto");

process.on("message", (request: EvaluatorRequest) => {
  score(request).then(
    (result) => reply({ kind: "score", score: result }),
    (error: unknown) => reply({ kind: "failed", message: error instanceof Error ? error.message : String(error) }),
  );
});

async function score({ model, head, labels, examples: file }: EvaluatorRequest): Promise<EvaluatorScore> {
  await backend;
  const examples = readExamples(await fs.readFile(file), labels);
  return evaluateClassification({
    model,
    head,
    labels,
    examples,
    onProgress: ({ done, total }: { done: number; total: number }) => reply({ kind: "progress", part: done / total }),
  });
}
