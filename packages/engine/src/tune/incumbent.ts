import { GaussianProcess } from "./gaussian-process.ts";
import type { Space } from "./space.ts";
import { defaultSurrogate } from "./surrogate-settings.ts";
import { historyOf, type Trial } from "./trial.ts";

export interface Incumbent {
  /** Index of the trial. */
  readonly trial: number;
  /** Value as observed, and as the surrogate smooths it, with the standard deviation of that. */
  readonly observed: number;
  readonly smoothed: number;
  readonly deviation: number;
}

/**
 * The best finished trial: by `observed` value, or by the surrogate's mean among evaluated points, which is less easily fooled by one lucky value.
 * Null without a complete trial.
 */
export function incumbent(space: Space, trials: readonly Trial[], by: "observed" | "smoothed", seed: number): Incumbent | null {
  const finished = trials.map((trial, index) => ({ trial, index })).filter(({ trial }) => trial.state !== "running");
  const isSound = ({ trial }: (typeof finished)[number]): boolean =>
    trial.state === "complete" && Number.isFinite(trial.value ?? Number.NaN);
  if (!finished.some(isSound)) return null;
  const { points, values, scale, centre } = historyOf(space, trials);
  const model = points.length < 2 ? null : GaussianProcess.fit({ points, values, variances: null }, defaultSurrogate, seed);
  const rated = finished.flatMap((each, i) => {
    if (!isSound(each)) return [];
    const { mean, variance } = model?.predict(points[i] as Float64Array) ?? { mean: values[i] as number, variance: 0 };
    const observed = each.trial.value ?? 0;
    return [{ trial: each.index, observed, smoothed: centre + scale * mean, deviation: scale * Math.sqrt(variance) }];
  });
  return rated.reduce((best, each) => (each[by] > best[by] ? each : best));
}
