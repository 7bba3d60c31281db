/**
 * Tuning: which point to try next, by Bayesian optimisation and its alternatives. Stateless: a suggestion is a function of space,
 * history and seed.
 *
 * ```ts
 * const space = [{ name: "lambda", kind: "float", low: 0, high: 1 }] as const;
 * const trials: Trial[] = [];
 * while (stopReason(trials, [], { budget: 30, dimensions: space.length }) === null) {
 *   const { params } = suggest({ space, trials, seed: 1, anchors: [{ lambda: 0.3 }] });
 *   trials.push({ params, state: "complete", value: await score(params) });
 * }
 * incumbent(space, trials, "smoothed", 1);
 * ```
 */
export type { AcquisitionChoice } from "./acquisition.ts";
export { type Incumbent, incumbent } from "./incumbent.ts";
export { bayesOptPreset, defaultSampler, type Sampler } from "./sampler.ts";
export { type Slice, type SlicePoint, slices } from "./slices.ts";
export { type Coordinate, checkSpace, mostCoordinates, type Params, type Space, SpaceError } from "./space.ts";
export { type StopReason, type StopRule, stopReason } from "./stopping.ts";
export { type Suggestion, type SuggestRequest, suggest } from "./suggest.ts";
export { defaultSurrogate, type NoiseMode, type SurrogateSettings } from "./surrogate-settings.ts";
export type { Trial } from "./trial.ts";
export { tuneVersion } from "./version.ts";
