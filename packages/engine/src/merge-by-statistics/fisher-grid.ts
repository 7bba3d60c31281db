import { mapTensors, type TensorMap, tensorOf } from "./tensor-map.ts";

/** Fisher information of θ₀ + λτ at one λ. */
export interface FisherAt {
  readonly lambda: number;
  readonly fisher: TensorMap;
}

/** Below this, information counts as none. */
const FLOOR = 1e-30;

/**
 * Fisher information between the λ where it was measured: ln F interpolated linearly in λ, element by element; outside, the nearest one.
 * λ is one for the whole model, or that of each tensor by its name. It depends on one model's own λ alone, so a handful of measurements serves a whole search, and no trial needs a gradient.
 * @throws RangeError for an empty grid, or one whose λ do not ascend
 */
export function interpolateFisher(grid: readonly FisherAt[], lambda: number | ((tensor: string) => number)): TensorMap {
  if (typeof lambda !== "number") return byTensor(grid, lambda);
  const [first] = grid;
  const last = grid.at(-1);
  if (first === undefined || last === undefined)
    throw new RangeError("A grid needs at least one measurement of Fisher information.");
  grid.forEach((point, i) => {
    const before = grid[i - 1];
    if (before !== undefined && !(before.lambda < point.lambda)) throw new RangeError("The λ of a grid must ascend.");
  });
  if (lambda <= first.lambda) return first.fisher;
  if (lambda >= last.lambda) return last.fisher;
  const at = grid.findIndex((point) => point.lambda > lambda);
  const [below, above] = [grid[at - 1] as FisherAt, grid[at] as FisherAt];
  const share = (lambda - below.lambda) / (above.lambda - below.lambda);
  return mapTensors(below.fisher, (name, size) => {
    const a = tensorOf(below.fisher, name, size, "The grid");
    const b = tensorOf(above.fisher, name, size, "The grid");
    return between(a, b, share);
  });
}

/** Element by element a^(1 − share) · b^share. */
function between(a: Float32Array, b: Float32Array, share: number): Float32Array {
  const out = new Float32Array(a.length);
  for (let p = 0; p < a.length; p += 1) {
    const [low, high] = [Math.max(a[p] as number, FLOOR), Math.max(b[p] as number, FLOOR)];
    // Most of a vocabulary is in no example: nothing to raise to a power there.
    // exp and ln take half the time of a power.
    out[p] = low === high ? low : low * Math.exp(share * Math.log(high / low));
  }
  return out;
}

function byTensor(grid: readonly FisherAt[], lambdaOf: (tensor: string) => number): TensorMap {
  const names = [...(grid[0]?.fisher.keys() ?? [])];
  const own = (name: string): FisherAt[] =>
    grid.map(({ lambda, fisher }) => ({ lambda, fisher: new Map([[name, fisher.get(name) ?? new Float32Array()]]) }));
  return new Map(names.flatMap((name) => [...interpolateFisher(own(name), lambdaOf(name))]));
}
