import type { Optimiser } from "./optimisers.ts";

/** Two optimisers after so many trials, and which way their difference was expected to go. */
export interface SearchComparison {
  readonly first: Optimiser["id"];
  readonly second: Optimiser["id"];
  readonly trials: number;
  /** Best value seen on the search split, or accuracy of the incumbent on the report split. */
  readonly on: "search" | "report";
  readonly expected: "better" | "worse";
  readonly primary: boolean;
}

/** Written down before the first run: docs/benchmarks/registered.md. */
export const searchComparisons: readonly SearchComparison[] = [
  { first: "bo", second: "random", trials: 30, on: "search", expected: "better", primary: true },
  { first: "bo", second: "random", trials: 60, on: "search", expected: "better", primary: true },
  { first: "bo", second: "random", trials: 60, on: "report", expected: "better", primary: true },
  { first: "bo-anchored", second: "random-anchored", trials: 30, on: "search", expected: "better", primary: false },
  { first: "bo-anchored", second: "random-anchored", trials: 60, on: "report", expected: "better", primary: false },
  { first: "bo-anchored", second: "bo", trials: 30, on: "search", expected: "better", primary: false },
  { first: "ucb", second: "bo", trials: 30, on: "search", expected: "worse", primary: false },
  { first: "bayes-opt", second: "bo", trials: 30, on: "search", expected: "worse", primary: false },
  { first: "cmaes", second: "bo", trials: 30, on: "search", expected: "worse", primary: false },
  { first: "bo", second: "random", trials: 10, on: "search", expected: "better", primary: false },
];
