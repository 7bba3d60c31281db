import type { Factors } from "./factors.ts";

/**
 * Adds the delta of a LoRA module to some rows of its base weight W, in place. In f32, each operation rounded, in this order:
 *   d ← 0, then d ← d + b[i,k]·a[k,j] for k = 0, 1, …, rank − 1      W[i,j] ← W[i,j] + scale·d
 * The scale is rounded to f32 first. The bits do not depend on how rows are split into calls. With −scale it takes the delta out
 * again, up to the rounding of W. Rank 0 and scale 0 leave W as it is. Cost 2·rank operations an element.
 * Source: Hu et al. 2021, LoRA, https://arxiv.org/abs/2106.09685; operations as PEFT's merge in f32 does them.
 * @param out rows `rowBegin` … `rowEnd − 1` of W, row by row, and nothing else
 * @throws RangeError when `out` does not have (rowEnd − rowBegin) · columns elements
 */
export function addAdapterRows(
  out: Float32Array,
  rowBegin: number,
  rowEnd: number,
  { a, b, rank, columns, scale }: Omit<Factors, "rows">,
): void {
  if (out.length !== (rowEnd - rowBegin) * columns)
    throw new RangeError(`Rows ${rowBegin} to ${rowEnd} have ${(rowEnd - rowBegin) * columns} elements, not ${out.length}.`);
  const factor = Math.fround(scale);
  const sums = new Float32Array(columns);
  for (let i = rowBegin; i < rowEnd; i += 1) {
    sums.fill(0);
    let k = 0;
    for (; k + 4 <= rank; k += 4) addFour(sums, a, k * columns, b, i * rank + k);
    for (; k < rank; k += 1) addOne(sums, a, k * columns, b[i * rank + k] as number);
    const row = (i - rowBegin) * columns;
    for (let j = 0; j < columns; j += 1)
      out[row + j] = Math.fround((out[row + j] as number) + Math.fround(factor * (sums[j] as number)));
  }
}

function addOne(sums: Float32Array, a: Float32Array, at: number, b: number): void {
  for (let j = 0; j < sums.length; j += 1) sums[j] = Math.fround((sums[j] as number) + Math.fround(b * (a[at + j] as number)));
}

/** Four steps of the sum in one pass over the row: the same roundings, a quarter of the loads and stores. */
function addFour(sums: Float32Array, a: Float32Array, at: number, b: Float32Array, atB: number): void {
  const columns = sums.length;
  const b0 = b[atB] as number;
  const b1 = b[atB + 1] as number;
  const b2 = b[atB + 2] as number;
  const b3 = b[atB + 3] as number;
  for (let j = 0; j < columns; j += 1) {
    let sum = Math.fround((sums[j] as number) + Math.fround(b0 * (a[at + j] as number)));
    sum = Math.fround(sum + Math.fround(b1 * (a[at + columns + j] as number)));
    sum = Math.fround(sum + Math.fround(b2 * (a[at + 2 * columns + j] as number)));
    sums[j] = Math.fround(sum + Math.fround(b3 * (a[at + 3 * columns + j] as number)));
  }
}

/** The whole delta scale·b·a, rows × columns, as `addAdapterRows` adds it to zeros. */
export function adapterDelta(factors: Factors): Float32Array<ArrayBuffer> {
  const delta = new Float32Array(factors.rows * factors.columns);
  addAdapterRows(delta, 0, factors.rows, factors);
  return delta;
}
