import type { EvaluationKind, Metric } from "./kinds.ts";

export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** How a model did on a split, and what it cost to find out. */
export interface Score {
  readonly kind: EvaluationKind;
  readonly metric: Metric;
  readonly lowerIsBetter: boolean;
  readonly value: number;
  /** Examples; documents of perplexity. An external evaluator may say none. */
  readonly n: number | null;
  /** 95 % interval; null where the score says nothing about its own uncertainty. */
  readonly low: number | null;
  readonly high: number | null;
  readonly interval: "wilson" | "normal" | null;
  /** One bit an example, in the order of the split (see CorrectBits); null where an example is neither right nor wrong. */
  readonly correct: Uint8Array | null;
  /** Examples whose text did not fit into the model and was cut. */
  readonly truncated: number;
  readonly seconds: number;
  readonly examplesPerSecond: number;
  /** Largest resident memory of this process meanwhile. */
  readonly peakMemoryBytes: number;
  /** Further numbers of the kind, such as nats per token. */
  readonly details: Readonly<Record<string, number>>;
}

/** What a kind finds out; the rest of a score is added around it. */
export type Finding = Pick<Score, "value" | "n" | "low" | "high" | "interval" | "correct" | "truncated" | "details">;

/** What every kind gets while it works. */
export interface Work {
  /** Tokens, padding included, that go through the model at once. */
  readonly batchTokens: number;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal | undefined;
}
