import { bayesOptPreset, type Params, type Sampler, type Space, suggest, type Trial } from "@amalgam/engine/tune";
import { type Line, line, median } from "./side-by-side.ts";

const box = (d: number): Space => Array.from({ length: d }, (_, k) => ({ name: `x${k}`, kind: "float", low: 0, high: 1 }));

/** A bowl with its bottom off the middle, and a little noise that depends on the point alone. */
const bowl = (params: Params): number =>
  Object.values(params).reduce((sum, value, k) => sum - (value - 0.3 - 0.01 * k) ** 2 + 0.001 * Math.sin(1e4 * value), 0);

const A = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const P = [
  [1312, 1696, 5569, 124, 8283, 5886],
  [2329, 4135, 8307, 3736, 1004, 9991],
  [2348, 1451, 3522, 2883, 3047, 6650],
  [4047, 8828, 8732, 5743, 1091, 381],
];
/** Hartmann's function of six coordinates; its greatest value is 3.32237. */
const hartmann = (params: Params): number =>
  [1, 1.2, 3, 3.2].reduce((sum, weight, i) => {
    const squared = (A[i] ?? []).reduce((total, a, k) => total + a * ((params[`x${k}`] ?? 0) - (P[i]?.[k] ?? 0) / 1e4) ** 2, 0);
    return sum + weight * Math.exp(-squared);
  }, 0);

function latency(finished: number, d: number): number {
  const space = box(d);
  const trials: Trial[] = [];
  while (trials.length < finished) {
    const { params } = suggest({ space, trials: [], seed: trials.length, sampler: { kind: "random" } });
    trials.push({ params, state: "complete", value: bowl(params) });
  }
  const seconds = [1, 2, 3].map((seed) => {
    const started = performance.now();
    suggest({ space, trials, seed });
    return (performance.now() - started) / 1000;
  });
  return median(seconds);
}

function regret(sampler: Sampler | null, budget: number, seed: number): number {
  const trials: Trial[] = [];
  while (trials.length < budget) {
    const { params } = suggest({ space: box(6), trials, seed, ...(sampler === null ? {} : { sampler }) });
    trials.push({ params, state: "complete", value: hartmann(params) });
  }
  return 3.32237 - Math.max(...trials.map(({ value = 0 }) => value));
}

const samplers: readonly (readonly [string, Sampler | null])[] = [
  ["the default sampler", null],
  ["bayes_opt's settings, EI", bayesOptPreset("ei")],
  ["bayes_opt's settings, UCB", bayesOptPreset("ucb")],
  ["CMA-ES", { kind: "cmaes" }],
];

/** How long a suggestion takes against its target, and what it is worth against random search: medians of ten seeds. */
async function* run(): AsyncIterable<Line> {
  for (const [finished, d, target] of [
    [100, 8, 0.3],
    [500, 20, 5],
  ] as const)
    yield line("tune", `suggestion after ${finished} trials of ${d} coordinates`, "s", latency(finished, d), "target", target);
  const seeds = Array.from({ length: 10 }, (_, seed) => seed);
  const budget = 50;
  const random = median(seeds.map((seed) => regret({ kind: "random" }, budget, seed)));
  for (const [name, sampler] of samplers) {
    const found = median(seeds.map((seed) => regret(sampler, budget, seed)));
    yield line("tune", `regret of ${name} on Hartmann-6 after ${budget} trials`, "", found, "random search", random);
  }
}

export const benches = [{ name: "tune", run }];
