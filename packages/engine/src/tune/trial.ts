import { type Params, type Space, toUnit } from "./space.ts";

/** One point that was asked for, in the order of asking. Larger values are better. */
export interface Trial {
  readonly params: Params;
  readonly state: "running" | "complete" | "failed";
  /** Of a complete trial. */
  readonly value?: number;
  /** Variance of the value, where it is known. */
  readonly variance?: number;
}

/** What a sampler learns from: points of [0, 1]^d with standardised values; larger is better. */
export interface History {
  readonly points: readonly Float64Array[];
  readonly values: Float64Array;
  readonly variances: Float64Array | null;
  readonly pending: readonly Float64Array[];
  /** Standard deviation and mean of the values as given. */
  readonly scale: number;
  readonly centre: number;
}

/** Below this, values count as equal. */
const LEAST_DEVIATION = 1e-8;

/**
 * Standardises the values. A failed trial, or one whose value is not finite, counts as worse than all others (least − ½ standard
 * deviation), so that its neighbourhood is avoided, and is never dropped.
 */
export function historyOf(space: Space, trials: readonly Trial[]): History {
  const done = trials.filter(({ state }) => state !== "running");
  const isSound = ({ state, value }: Trial): boolean => state === "complete" && value !== undefined && Number.isFinite(value);
  const sound = done.filter(isSound).map(({ value = 0 }) => value);
  const centre = sound.length === 0 ? 0 : sound.reduce((a, b) => a + b) / sound.length;
  const square = sound.reduce((total, value) => total + (value - centre) ** 2, 0) / Math.max(1, sound.length - 1);
  const scale = Math.max(LEAST_DEVIATION, Math.sqrt(square));
  const worst = sound.length === 0 ? 0 : (Math.min(...sound) - centre) / scale - 0.5;
  const hasVariances = done.length > 0 && done.every((trial) => !isSound(trial) || trial.variance !== undefined);
  return {
    points: done.map(({ params }) => toUnit(space, params)),
    values: Float64Array.from(done, (trial) => (isSound(trial) ? ((trial.value ?? 0) - centre) / scale : worst)),
    variances: hasVariances ? Float64Array.from(done, ({ variance = 0 }) => variance / scale ** 2) : null,
    pending: trials.filter(({ state }) => state === "running").map(({ params }) => toUnit(space, params)),
    scale,
    centre,
  };
}
