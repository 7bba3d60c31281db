import type { StatisticAbout } from "@amalgam/engine/statistic-about";

/** Paths on this disk, made by the worker. */
export interface MeasureRequest {
  /** What messages call it: the task's name. */
  readonly task: string;
  readonly model: string;
  /** Folder whose label head is used. */
  readonly head?: string;
  /** Folder of θ₀. */
  readonly base?: string;
  readonly labels?: number;
  readonly data: string;
  /** They differ in λ and in how task vectors are trimmed alone. */
  readonly points: readonly Point[];
}

export interface Point {
  readonly about: StatisticAbout;
  /** Where its file is written. */
  readonly file: string;
}

/** What measuring a point has cost. */
export interface PointCost {
  readonly seconds: number;
  readonly passes: number;
  readonly truncated: number;
  readonly peakMemoryBytes: number;
}

/** A process of its own that runs networks. */
export interface Measurer {
  /** Writes the file of every point. Aborting kills the process. */
  measure(
    request: MeasureRequest,
    options: { signal: AbortSignal; onProgress(part: number): void; onPoint(index: number, cost: PointCost): void },
  ): Promise<void>;
}

/** The model could not be measured; the message says why. */
export class MeasuringFailedError extends Error {
  override readonly name = "MeasuringFailedError";
}
