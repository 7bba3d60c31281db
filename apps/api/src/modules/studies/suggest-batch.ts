import { type Params, type Sampler, type Space, type Suggestion, suggest, type Trial } from "@amalgam/engine/tune";

export interface BatchRequest {
  readonly space: Space;
  /** Finished trials, in the order of asking. */
  readonly trials: readonly Trial[];
  readonly seed: number;
  readonly sampler: Sampler;
  readonly anchors: readonly Params[];
  readonly count: number;
}

export type BatchSuggestion = Suggestion & { readonly seconds: number };

/** The next trials, each knowing those before it in the batch as running. A function of the request alone, apart from the seconds. */
export function suggestBatch({ count, ...request }: BatchRequest): BatchSuggestion[] {
  const trials = [...request.trials];
  return Array.from({ length: count }, () => {
    const started = performance.now();
    const suggestion = suggest({ ...request, trials });
    trials.push({ params: suggestion.params, state: "running" });
    return { ...suggestion, seconds: (performance.now() - started) / 1000 };
  });
}
