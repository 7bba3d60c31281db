/** Added to the scores of what must not be seen: far below any score, far from overflow. */
const HIDDEN = -1e9;

let last: { readonly length: number; readonly window: number; readonly values: Float32Array } | null = null;

/** [length, length]: 0 where the row's position sees the column's (itself and window − 1 before it), else HIDDEN. Not to be written to. */
export function causalMask(length: number, window = length): Float32Array {
  // Every layer of a forward pass asks for the same one.
  if (last?.length === length && last.window === window) return last.values;
  const values = new Float32Array(length * length).fill(HIDDEN);
  for (let row = 0; row < length; row++) values.fill(0, row * length + Math.max(0, row - window + 1), row * length + row + 1);
  last = { length, window, values };
  return values;
}
