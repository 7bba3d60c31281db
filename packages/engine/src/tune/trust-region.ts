import { GaussianProcess } from "./gaussian-process.ts";
import { randomOf } from "./random.ts";
import { sobolPoints } from "./sobol.ts";
import { defaultSurrogate, type SurrogateSettings } from "./surrogate-settings.ts";
import { posteriorDraw } from "./thompson.ts";
import type { History } from "./trial.ts";

const FIRST_LENGTH = 0.8;
const LEAST_LENGTH = 0.5 ** 7;
const MOST_LENGTH = 1.6;
const SUCCESSES = 3;

/** Where the trust region stands after a history, found by going through it from the start: no state is kept anywhere. */
export interface Region {
  readonly length: number;
  /** Index of the first trial since the last restart. */
  readonly since: number;
}

/**
 * Side of the region after all finished trials: doubled after 3 improvements in a row, halved after max(4, d) trials without one; a region that
 * shrank below 2⁻⁷ is given up and a new one begins. Only trials after its first design count. Source: Eriksson et al. 2019 (TuRBO).
 */
export function regionAfter(values: Float64Array, dimensions: number, design: number): Region {
  const patience = Math.max(4, dimensions);
  let [length, since, good, bad] = [FIRST_LENGTH, 0, 0, 0];
  let best = Number.NEGATIVE_INFINITY;
  values.forEach((value, i) => {
    const improves = value > best + 1e-3 * Math.abs(best);
    best = Math.max(best, value);
    if (i - since < design) return;
    [good, bad] = improves ? [good + 1, 0] : [0, bad + 1];
    if (good === SUCCESSES) [length, good] = [Math.min(MOST_LENGTH, 2 * length), 0];
    if (bad === patience) [length, bad] = [length / 2, 0];
    if (length < LEAST_LENGTH) [length, since, good, bad, best] = [FIRST_LENGTH, i + 1, 0, 0, Number.NEGATIVE_INFINITY];
  });
  return { length, since };
}

/**
 * The next point inside the trust region, by Thompson sampling: candidates are Sobol points of the box around the region's best point, with sides in
 * proportion to the length scales; each changes about 20 coordinates. Null while the region still needs its first design. Source: Eriksson et al. 2019.
 */
export function suggestInRegion(
  history: History,
  {
    design,
    seed,
    settings = defaultSurrogate,
  }: { readonly design: number; readonly seed: number; readonly settings?: SurrogateSettings },
): Float64Array | null {
  const dimensions = history.points[0]?.length ?? 0;
  const { length, since } = regionAfter(history.values, dimensions, design);
  const points = history.points.slice(since);
  const values = history.values.slice(since);
  if (points.length < design) return null;
  const model = GaussianProcess.fit({ points, values, variances: history.variances?.slice(since) ?? null }, settings, seed);
  const centre = points[values.indexOf(Math.max(...values))] as Float64Array;
  const sides = sidesOf(model.lengthScales, length);
  const random = randomOf(seed, 0x7472);
  const chance = Math.min(1, 20 / dimensions);
  const draw = posteriorDraw(model, seed);
  const count = Math.min(2000, Math.max(500, 50 * dimensions));
  let best: { x: Float64Array; value: number } | null = null;
  for (const raw of sobolPoints(dimensions, count, seed)) {
    const always = Math.floor(random.uniform() * dimensions);
    const x = centre.map((at, k) => {
      if (k !== always && random.uniform() >= chance) return at;
      const half = (sides[k] as number) / 2;
      const [low, high] = [Math.max(0, at - half), Math.min(1, at + half)];
      return low + (raw[k] as number) * (high - low);
    });
    const value = draw(x);
    if (best === null || value > best.value) best = { x, value };
  }
  return best?.x ?? null;
}

/** L·wₖ with w = ℓ / (geometric mean of ℓ). */
function sidesOf(scales: Float64Array, length: number): Float64Array {
  const logMean = scales.reduce((sum, scale) => sum + Math.log(scale), 0) / scales.length;
  return scales.map((scale) => Math.min(1, (length * scale) / Math.exp(logMean)));
}
