import { bayesOptPreset, defaultSurrogate, type Params, type Sampler } from "@amalgam/engine/tune";

/** A way to search; the same objective and budget for all. */
export interface Optimiser {
  readonly id: string;
  readonly title: string;
  readonly sampler: Sampler;
  /** Whether the same λ for all tasks, 1/M, 0.3, 0.5 and 1, are tried first. */
  readonly isAnchored: boolean;
  /** Merges, where it needs fewer than the budget. */
  readonly most?: number;
}

/** Trials after which values are told, and those after which the incumbent is scored on the report split. */
export const marks = [10, 20, 30, 60];
export const reportMarks = [30, 60];

const gp: Sampler = { kind: "gp", surrogate: defaultSurrogate };

export const optimisers: readonly Optimiser[] = [
  { id: "bo", title: "BO", sampler: gp, isAnchored: false },
  { id: "random", title: "random search", sampler: { kind: "random" }, isAnchored: false },
  { id: "bo-anchored", title: "BO after anchors (the default)", sampler: gp, isAnchored: true },
  { id: "random-anchored", title: "random search after anchors", sampler: { kind: "random" }, isAnchored: true },
  {
    id: "ucb",
    title: "BO, UCB in place of log-EI",
    sampler: { ...gp, acquisition: { kind: "ucb", kappa: 2.576 } },
    isAnchored: false,
    most: 30,
  },
  { id: "bayes-opt", title: "BO as the reference run sets it", sampler: bayesOptPreset("ei"), isAnchored: false, most: 30 },
  { id: "cmaes", title: "CMA-ES", sampler: { kind: "cmaes" }, isAnchored: false, most: 30 },
];

export const anchorsOf = (names: readonly string[]): Params[] =>
  [1 / names.length, 0.3, 0.5, 1].map((value) => Object.fromEntries(names.map((name) => [name, value])));
