/** The label in whose share of [0, 1) `u` falls. */
export function pick(q: ArrayLike<number>, u: number): number {
  let rest = u;
  for (let label = 0; label < q.length; label += 1) {
    rest -= q[label] as number;
    if (rest < 0) return label;
  }
  return q.length - 1;
}

/** A number in [0, 1) that depends on its arguments alone, so that what is drawn does not depend on batches or their order. */
export function uniform(seed: number, ...counters: readonly number[]): number {
  let x = seed | 0;
  for (const counter of counters) {
    x = (x + Math.imul(counter + 1, 0x9e3779b1)) | 0;
    for (const factor of [0x7feb352d, 0x846ca68b]) {
      x = Math.imul(x ^ (x >>> 16), factor);
      x ^= x >>> 15;
    }
  }
  return (x >>> 0) / 2 ** 32;
}
