import type { ToPrepare } from "../define-method.ts";

/** Measured: multiplications and additions in a second of one core, in products of matrices; elements of tables in a second. */
const operationsPerSecond = 2e9;
const elementsPerSecond = 5e7;

/** Memory and time of one tensor: two matrices of inputs², four of the weight's size in f64, and what is read; or two tables. */
export function costOfLayers({ shape, elements, parents, statistic }: ToPrepare): { memoryBytes: number; seconds: number } {
  if (statistic?.kind !== "gram") return { memoryBytes: 24 * elements, seconds: (parents * elements) / elementsPerSecond };
  const [rows = 1] = shape;
  const inputs = statistic.isTransposed ? rows : elements / Math.max(1, rows);
  const operations = 2 * parents * inputs * elements + inputs ** 3 / 3 + 4 * inputs * elements;
  return { memoryBytes: 20 * inputs ** 2 + 36 * elements, seconds: operations / operationsPerSecond };
}
