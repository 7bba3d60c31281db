import { GaussianProcess } from "./gaussian-process.ts";
import { fromUnit, type Params, type Space, toUnit } from "./space.ts";
import { defaultSurrogate, type SurrogateSettings } from "./surrogate-settings.ts";
import { historyOf, type Trial } from "./trial.ts";

export interface SlicePoint {
  readonly at: number;
  readonly mean: number;
  readonly deviation: number;
}

/** What the surrogate believes along one coordinate. */
export interface Slice {
  readonly name: string;
  readonly points: readonly SlicePoint[];
  /** ℓ of the coordinate in units of its range: small where the value changes quickly, large where it hardly matters. */
  readonly lengthScale: number;
}

/**
 * The surrogate along each coordinate with the others held at `through`: mean and standard deviation of the function itself, in the
 * unit of the values, at `count` points evenly spaced as the coordinate is (in its logarithm where it is logarithmic).
 * Empty with fewer than two finished trials. @throws SpaceError
 */
export function slices(
  space: Space,
  trials: readonly Trial[],
  {
    through,
    count,
    seed,
    settings = defaultSurrogate,
  }: { through: Params; count: number; seed: number; settings?: SurrogateSettings },
): Slice[] {
  const { points, values, scale, centre } = historyOf(space, trials);
  if (points.length < 2) return [];
  const noise = settings.noise === "fixed" ? "inferred" : settings.noise;
  const model = GaussianProcess.fit({ points, values, variances: null }, { ...settings, noise }, seed);
  const middle = toUnit(space, through);
  return space.map(({ name }, k) => ({
    name,
    lengthScale: model.lengthScales[k] ?? Number.POSITIVE_INFINITY,
    points: Array.from({ length: count }, (_, i) => {
      const x = middle.slice();
      x[k] = count === 1 ? 0.5 : i / (count - 1);
      const { mean, variance } = model.predict(x);
      return { at: fromUnit(space, x)[name] ?? 0, mean: centre + scale * mean, deviation: scale * Math.sqrt(variance) };
    }),
  }));
}
