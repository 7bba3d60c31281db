import { parseRef } from "../client/refs.ts";
import { statisticEstimators } from "../client/statistics-operations.ts";
import { UsageError } from "../failure.ts";
import { numbersOf, wholeNumber } from "../options.ts";
import { printable } from "../terminal/format.ts";

/** For methods on statistics: how the server measures what a recipe does not name. */
export const measureOptions = {
  "measure-on": {
    type: "string",
    valueHint: "ns/task,…",
    description: "Of methods on statistics: the task of each parent; default the task whose expert it is",
  },
  "base-on": { type: "string", valueHint: "ns/task", description: "The same for the base, where the method asks for it" },
  examples: { type: "string", valueHint: "n", description: "Examples of each task that are measured; default 128" },
  estimator: { type: "string", valueHint: "name", description: "Of Fisher information: exact (default), sampled or empirical" },
  grid: { type: "string", valueHint: "n", description: "Number of λ at which models are measured; default 5 where λ varies" },
  at: { type: "string", valueHint: "a,b,…", description: "These λ instead; --at 1: the models themselves" },
} as const;

type Given = { readonly [name in keyof typeof measureOptions]?: string | undefined };

export interface MergeStatisticsInput {
  readonly tasks?: readonly string[];
  readonly baseTask?: string;
  readonly lambdas?: readonly number[];
  readonly grid?: number;
  readonly examples?: number;
  readonly estimator?: (typeof statisticEstimators)[number];
}

/** Undefined when nothing was said, so that methods without statistics are not asked about them. */
export function statisticsOf(given: Given): MergeStatisticsInput | undefined {
  const estimator = statisticEstimators.find((each) => each === given.estimator?.toUpperCase());
  if (given.estimator !== undefined && estimator === undefined)
    throw new UsageError(`--estimator takes exact, sampled or empirical, not ${printable(given.estimator, 40)}.`);
  const said = {
    tasks: given["measure-on"]?.split(",").map((each) => nameOf(each.trim(), "--measure-on")),
    baseTask: given["base-on"] === undefined ? undefined : nameOf(given["base-on"], "--base-on"),
    lambdas: numbersOf(given.at, "--at"),
    grid: wholeNumber(given.grid, "--grid", { min: 2, max: 33 }),
    examples: wholeNumber(given.examples, "--examples", { min: 1, max: 1_000_000 }),
    estimator,
  };
  const entries = Object.entries(said).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function nameOf(text: string, option: string): string {
  const { namespace, name } = parseRef(text, option);
  return `${namespace}/${name}`;
}
