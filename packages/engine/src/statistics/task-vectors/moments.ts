/** Sums over the elements of task vectors τ₁ … τ_M of one tensor, or of several together. */
export interface Moments {
  readonly models: number;
  elements: number;
  /** Σ τᵢτⱼ, row-major. */
  readonly products: Float64Array;
  /** Elements that at least one model changed. */
  changed: number;
  /** Elements that one model raised and another lowered. */
  conflicts: number;
  /** Elements among the largest of each model. */
  readonly top: Float64Array;
  /** Elements among the largest of both, row-major. */
  readonly shared: Float64Array;
}

export function emptyMoments(models: number): Moments {
  const square = () => new Float64Array(models * models);
  return { models, elements: 0, products: square(), changed: 0, conflicts: 0, top: new Float64Array(models), shared: square() };
}

export function addMoments(into: Moments, more: Moments): void {
  into.elements += more.elements;
  into.changed += more.changed;
  into.conflicts += more.conflicts;
  for (const key of ["products", "top", "shared"] as const) {
    more[key].forEach((value, at) => {
      into[key][at] = (into[key][at] as number) + value;
    });
  }
}

/** Adds norms, products and signs of a tile: the same elements of every task vector. */
export function addTile(moments: Moments, deltas: readonly Float32Array[]): void {
  const { models, products } = moments;
  const count = deltas[0]?.length ?? 0;
  moments.elements += count;
  for (let i = 0; i < models; i++) {
    for (let j = i; j < models; j++) {
      const product = dot(deltas[i] as Float32Array, deltas[j] as Float32Array);
      products[i * models + j] = (products[i * models + j] as number) + product;
      if (j > i) products[j * models + i] = (products[j * models + i] as number) + product;
    }
  }
  // Bit 1: raised by some model, bit 2: lowered by some.
  const signs = new Uint8Array(count);
  for (const delta of deltas) {
    for (let p = 0; p < count; p++) {
      const value = delta[p] as number;
      if (value > 0) signs[p] = (signs[p] as number) | 1;
      else if (value < 0) signs[p] = (signs[p] as number) | 2;
    }
  }
  for (let p = 0; p < count; p++) {
    if (signs[p] !== 0) moments.changed += 1;
    if (signs[p] === 3) moments.conflicts += 1;
  }
}

/** Adds which elements of a tile are among the largest: those with a magnitude of at least the model's threshold. */
export function addLargest(moments: Moments, deltas: readonly Float32Array[], thresholds: readonly number[]): void {
  const { models, top, shared } = moments;
  const isTop = deltas.map((delta, i) => {
    const threshold = thresholds[i] ?? 0;
    const marks = new Uint8Array(delta.length);
    for (let p = 0; p < delta.length; p++) marks[p] = Math.abs(delta[p] as number) >= threshold ? 1 : 0;
    return marks;
  });
  for (let i = 0; i < models; i++) {
    const own = isTop[i] as Uint8Array;
    top[i] = (top[i] as number) + count(own, own);
    for (let j = 0; j < models; j++) {
      shared[i * models + j] = (shared[i * models + j] as number) + count(own, isTop[j] as Uint8Array);
    }
  }
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let p = 0; p < a.length; p++) sum += (a[p] as number) * (b[p] as number);
  return sum;
}

function count(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let p = 0; p < a.length; p++) sum += (a[p] as number) & (b[p] as number);
  return sum;
}
