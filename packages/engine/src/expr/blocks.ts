/**
 * How a reduction adds up, so that neither tiles nor threads nor SIMD can change a bit of it:
 * a tensor is cut into blocks of 4,096 elements; within a block, element i goes to lane i mod 8, each lane adds its terms in
 * order in f64; the lanes are added as ((0+2)+(4+6)) + ((1+3)+(5+7)); the blocks are added in order.
 * Tiles are whole blocks (but for a tensor's last), so a block is always the work of one worker.
 */
export const blockElements = 4096;
const lanes = 8;

export const blockCount = (elements: number): number => Math.ceil(elements / blockElements);

/** Sum of one block. `term(i)` is the i-th term as f64. */
export function blockSum(begin: number, end: number, term: (index: number) => number): number {
  const lane = new Float64Array(lanes);
  for (let i = begin; i < end; i += 1) lane[(i - begin) % lanes] = (lane[(i - begin) % lanes] ?? 0) + term(i);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = lane;
  return a + c + (e + g) + (b + d + (f + h));
}

/** Sum of a tensor from its block sums. */
export function combineBlocks(sums: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < sums.length; i += 1) total += sums[i] ?? 0;
  return total;
}
