import type { Acquisition } from "./acquisition.ts";
import { minimise } from "./lbfgs.ts";
import { randomOf } from "./random.ts";
import { sobolPoints } from "./sobol.ts";

const RAW_POINTS = 512;
const PERTURBED = 64;
const PERTURBATION = 0.05;
const STARTS = 10;
const ITERATIONS = 40;

export interface MaximiseOptions {
  readonly dimensions: number;
  readonly seed: number;
  /** The best point so far: neighbours of it are tried as well. */
  readonly incumbent: Float64Array | null;
}

/**
 * Local maxima of an acquisition function over [0, 1]^d, best first: a Sobol design and neighbours of the incumbent, starts drawn from them by
 * Boltzmann weights of the standardised values (always with the best), and projected L-BFGS from each. Source: BoTorch's optimize_acqf, as its documentation describes it.
 */
export function maximise(
  acquisition: Acquisition,
  { dimensions, seed, incumbent }: MaximiseOptions,
): { readonly x: Float64Array; readonly value: number }[] {
  const random = randomOf(seed, 0x6d61);
  const raw = sobolPoints(dimensions, RAW_POINTS, seed);
  if (incumbent !== null) {
    for (let i = 0; i < PERTURBED; i += 1)
      raw.push(incumbent.map((value) => Math.min(1, Math.max(0, value + PERTURBATION * random.normal()))));
  }
  const scratch = new Float64Array(dimensions);
  const scored = raw.map((x) => ({ x, value: acquisition(x, scratch) })).filter(({ value }) => Number.isFinite(value));
  scored.sort((a, b) => b.value - a.value);
  const box = { low: new Float64Array(dimensions), high: new Float64Array(dimensions).fill(1) };
  const descend = (x: Float64Array, gradient: Float64Array): number => {
    const value = acquisition(x, gradient);
    gradient.forEach((slope, k) => {
      gradient[k] = -slope;
    });
    return -value;
  };
  const found = chooseStarts(scored, random.uniform).map(({ x }) => {
    const { x: at, value } = minimise(descend, x, box, { iterations: ITERATIONS });
    return { x: at, value: -value };
  });
  return found.sort((a, b) => b.value - a.value);
}

interface Scored {
  readonly x: Float64Array;
  readonly value: number;
}

function chooseStarts(scored: readonly Scored[], uniform: () => number): readonly Scored[] {
  const mean = scored.reduce((sum, { value }) => sum + value, 0) / scored.length;
  const deviation = Math.sqrt(scored.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / scored.length) || 1;
  // Drawing without replacement by weights e^z is taking the largest z + Gumbel noise.
  const [first, ...rest] = scored;
  const drawn = rest
    .map((each) => ({ each, key: (each.value - mean) / deviation - Math.log(-Math.log(Math.max(uniform(), 1e-300))) }))
    .sort((a, b) => b.key - a.key)
    .slice(0, STARTS - 1)
    .map(({ each }) => each);
  return first === undefined ? [] : [first, ...drawn];
}
