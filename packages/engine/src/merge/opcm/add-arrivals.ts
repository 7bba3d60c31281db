import { blockCount, blockElements, blockSum, combineBlocks } from "../../expr/blocks.ts";
import type { PreparedTensor, WholeParent, WholeTensor } from "../prepare/whole-tensor.ts";
import { isLinearWeight } from "./linear-weights.ts";
import { project } from "./project.ts";

/**
 * The task vectors of one tensor added up in the order of the parents, each but the first projected away from the sum before it
 * where the tensor is a linear weight:
 *   D₁ = τ₁      D_t = D_{t−1} + project(D_{t−1}, τ_t)
 * A first parent that is itself the result of such a merge stands for the sum up to it: D = λ·(θ − base), λ from its state.
 * Numbers: arrival.<i>, the sum of squares of τᵢ, for each new parent by its place; merged, that of D; state, that of θ − base; alpha.
 * Directions of D that are no more than the rounding of weights to f32 do not count, so that a sum that was stored in between is
 * the same as one that was not. In f64, the result rounded to f32. At any time base, one parent and D are in memory, and what a decomposition needs.
 */
export function addArrivals({ name, shape, base, parents, params, state }: WholeTensor): PreparedTensor {
  const start = base?.read() ?? new Float32Array();
  const alpha = Number(params["alpha"]);
  const [rows = 0, columns = 0] = shape;
  const isProjected = isLinearWeight(name, shape);
  const noise = isProjected ? roundingOf(start, rows, columns) : 0;
  const numbers: Record<string, number> = { alpha };
  let merged = new Float64Array(start.length);
  let isZero = true;
  for (const [i, parent] of parents.entries()) {
    const vector = taskVector(parent, start);
    const square = sumOfSquares(vector);
    const isState = i === 0 && state !== null;
    numbers[isState ? "state" : `arrival.${i}`] = square;
    if (isState) scale(vector, state["lambda"] ?? 1);
    // Nothing to stay clear of; and the first arrival keeps its bits.
    if (isZero) merged = vector;
    else if (square > 0) add(merged, isProjected ? project(merged, vector, { rows, columns, alpha, noise }) : vector);
    isZero &&= square === 0;
  }
  numbers["merged"] = sumOfSquares(merged);
  return { values: Float32Array.from(merged), numbers };
}

/** Above the largest singular value of what rounding base + delta to f32 does to a matrix, a few times over. */
const roundingOf = (base: Float32Array, rows: number, columns: number): number =>
  2 ** -22 * Math.sqrt(sumOfSquares(base) / Math.max(1, base.length)) * (Math.sqrt(rows) + Math.sqrt(columns));

function taskVector({ space, read }: WholeParent, base: Float32Array): Float64Array<ArrayBuffer> {
  const vector = Float64Array.from(read());
  if (space === "weights") for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] as number) - (base[i] as number);
  return vector;
}

function scale(vector: Float64Array, factor: number): void {
  for (let i = 0; i < vector.length; i += 1) vector[i] = factor * (vector[i] as number);
}

function add(sum: Float64Array, vector: Float64Array): void {
  for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] as number) + (vector[i] as number);
}

/** In the order of `blocks.ts`. */
function sumOfSquares(values: Float32Array | Float64Array): number {
  const sums = Array.from({ length: blockCount(values.length) }, (_, block) => {
    const begin = block * blockElements;
    return blockSum(begin, Math.min(values.length, begin + blockElements), (i) => (values[i] as number) ** 2);
  });
  return combineBlocks(sums);
}
