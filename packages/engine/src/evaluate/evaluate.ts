import { runExternal } from "./external/run-external.ts";
import { kindFacts, parseSettings } from "./kinds.ts";
import { watchMemory } from "./peak-memory.ts";
import type { EvaluationRequest } from "./request.ts";
import type { Finding, Score, Work } from "./score.ts";

const DEFAULT_BATCH_TOKENS = 1024;

/**
 * Scores a model on a split: how well, with what uncertainty, which examples, at what cost. The same folders, split, settings and backend
 * give the same score. Rejects with the signal's reason when aborted (between two batches), and with an Error that names the folder,
 * tensor, line or example at fault.
 */
export async function evaluate(request: EvaluationRequest): Promise<Score> {
  const { kind, signal, source } = request;
  signal?.throwIfAborted();
  parseSettings(kind, request.settings);
  const started = performance.now();
  const memory = watchMemory();
  const work: Work = {
    batchTokens: request.batchTokens ?? DEFAULT_BATCH_TOKENS,
    signal,
    onProgress(progress) {
      memory.sample();
      request.onProgress?.(progress);
    },
  };
  const finding = await (kind === "external" || source !== undefined ? runExternal(request, work) : runHere(request, work));
  const seconds = (performance.now() - started) / 1000;
  const { metric, lowerIsBetter } = kindFacts[kind];
  return {
    kind,
    metric,
    lowerIsBetter,
    ...finding,
    seconds,
    examplesPerSecond: (finding.n ?? 0) / seconds,
    peakMemoryBytes: memory.peakBytes(),
  };
}

/** Imported here: who only reads splits or compares scores should not wait for TensorFlow.js. */
async function runHere(request: EvaluationRequest, work: Work): Promise<Finding> {
  const { runNetwork } = await import("./run-network.ts");
  return runNetwork(request, work);
}
