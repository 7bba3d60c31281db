import { rotation } from "./rotations.ts";

/** What is left of an off-diagonal entry may be dropped at this share of its neighbours: the rounding of f64. */
const unit = 2 ** -52;
/** Or at this share of the largest entry, far below the error that reducing the matrix has left already. */
const floor = 2 ** -62;

type Rotate = (row: number, c: number, s: number) => void;

/** An upper bidiagonal matrix that is being diagonalised; both arrays change in place. */
export interface BidiagonalState {
  readonly diagonal: Float64Array;
  readonly above: Float64Array;
}

/**
 * Implicit QR iteration on a bidiagonal matrix until nothing is left above the diagonal. Every rotation is reported: `left` mixes
 * left singular vectors k and k+1, `right` the right ones. The diagonal ends unsorted and signed.
 * A sweep without shift is used when the block holds a zero on its diagonal, or when the shift is too small to matter; it ends a
 * singular block in one sweep and loses no accuracy in the smallest values.
 * Source: Demmel and Kahan 1990, Accurate singular values of bidiagonal matrices.
 */
export function diagonaliseBidiagonal(state: BidiagonalState, left: Rotate, right: Rotate): void {
  const { diagonal, above } = state;
  const smallest = floor * largest(diagonal, above);
  let end = diagonal.length - 1;
  // Two to three sweeps a value are usual.
  for (let sweeps = 60 * diagonal.length + 60; end > 0; sweeps -= 1) {
    const begin = blockBegin(diagonal, above, end, smallest);
    if (begin === end) {
      end -= 1;
      continue;
    }
    if (sweeps === 0) throw new Error("The singular value iteration did not converge.");
    const shift = shiftOf(state, begin, end);
    if (shift === 0) sweepWithoutShift(state, begin, end, left, right);
    else sweep(state, begin, end, shift, left, right);
  }
}

function largest(diagonal: Float64Array, beside: Float64Array): number {
  let value = 0;
  for (const x of diagonal) value = Math.max(value, Math.abs(x));
  for (const x of beside) value = Math.max(value, Math.abs(x));
  return value;
}

/** Drops what is negligible beside the diagonal and returns where the unreduced block that ends at `end` begins. */
function blockBegin(diagonal: Float64Array, beside: Float64Array, end: number, smallest: number): number {
  for (let k = end - 1; k >= 0; k -= 1) {
    const neighbours = Math.abs(diagonal[k] as number) + Math.abs(diagonal[k + 1] as number);
    const entry = Math.abs(beside[k] as number);
    if (entry <= unit * neighbours || entry <= smallest) {
      beside[k] = 0;
      return k + 1;
    }
  }
  return 0;
}

/** The smaller singular value of the last 2 × 2 corner, or 0 when no shift should be taken. */
function shiftOf({ diagonal, above }: BidiagonalState, begin: number, end: number): number {
  for (let k = begin; k <= end; k += 1) if (diagonal[k] === 0) return 0;
  const f = diagonal[end - 1] as number;
  const g = above[end - 1] as number;
  const h = diagonal[end] as number;
  // With sum² = (σ₁+σ₂)² and difference² = (σ₁−σ₂)² of the corner, σ₁ = (sum + difference) / 2 and σ₁·σ₂ = |f·h|.
  const sum = Math.sqrt(square(Math.abs(f) + Math.abs(h)) + g * g);
  const difference = Math.sqrt(square(Math.abs(f) - Math.abs(h)) + g * g);
  const larger = (sum + difference) / 2;
  const shift = larger === 0 ? 0 : Math.abs(h) * (Math.abs(f) / larger);
  const ratio = shift / Math.abs(diagonal[begin] as number);
  return ratio * ratio < unit ? 0 : shift;
}

const square = (x: number): number => x * x;

function sweep(
  { diagonal, above }: BidiagonalState,
  begin: number,
  end: number,
  shift: number,
  left: Rotate,
  right: Rotate,
): void {
  const head = diagonal[begin] as number;
  let f = (Math.abs(head) - shift) * ((head < 0 ? -1 : 1) + shift / head);
  let g = above[begin] as number;
  for (let k = begin; k < end; k += 1) {
    const fromRight = rotation(f, g);
    if (k > begin) above[k - 1] = fromRight.r;
    const [d, e, next] = [diagonal[k] as number, above[k] as number, diagonal[k + 1] as number];
    f = fromRight.c * d + fromRight.s * e;
    const beside = fromRight.c * e - fromRight.s * d;
    g = fromRight.s * next;
    const below = fromRight.c * next;
    right(k, fromRight.c, fromRight.s);
    const fromLeft = rotation(f, g);
    diagonal[k] = fromLeft.r;
    f = fromLeft.c * beside + fromLeft.s * below;
    diagonal[k + 1] = fromLeft.c * below - fromLeft.s * beside;
    if (k + 1 < end) {
      const after = above[k + 1] as number;
      g = fromLeft.s * after;
      above[k + 1] = fromLeft.c * after;
    }
    left(k, fromLeft.c, fromLeft.s);
  }
  above[end - 1] = f;
}

function sweepWithoutShift({ diagonal, above }: BidiagonalState, begin: number, end: number, left: Rotate, right: Rotate): void {
  let c = 1;
  let before = { c: 1, s: 0 };
  for (let k = begin; k < end; k += 1) {
    const fromRight = rotation((diagonal[k] as number) * c, above[k] as number);
    if (k > begin) above[k - 1] = before.s * fromRight.r;
    const fromLeft = rotation(before.c * fromRight.r, (diagonal[k + 1] as number) * fromRight.s);
    diagonal[k] = fromLeft.r;
    right(k, fromRight.c, fromRight.s);
    left(k, fromLeft.c, fromLeft.s);
    c = fromRight.c;
    before = fromLeft;
  }
  const last = (diagonal[end] as number) * c;
  diagonal[end] = last * before.c;
  above[end - 1] = last * before.s;
}

/**
 * Implicit QR iteration on a symmetric tridiagonal matrix (`diagonal`, and `beside` on both sides of it) until `beside` is zero.
 * Every rotation of neighbours k and k+1 is reported. The diagonal ends unsorted.
 * Source: Wilkinson 1968, Global convergence of tridiagonal QR algorithm with origin shifts.
 */
export function diagonaliseTridiagonal(diagonal: Float64Array, beside: Float64Array, rotate: Rotate): void {
  const smallest = floor * largest(diagonal, beside);
  let end = diagonal.length - 1;
  for (let sweeps = 60 * diagonal.length + 60; end > 0; sweeps -= 1) {
    const begin = blockBegin(diagonal, beside, end, smallest);
    if (begin === end) {
      end -= 1;
      continue;
    }
    if (sweeps === 0) throw new Error("The eigenvalue iteration did not converge.");
    sweepTridiagonal(diagonal, beside, [begin, end], rotate);
  }
}

function sweepTridiagonal(
  diagonal: Float64Array,
  beside: Float64Array,
  [begin, end]: readonly [number, number],
  rotate: Rotate,
): void {
  const half = ((diagonal[end - 1] as number) - (diagonal[end] as number)) / 2;
  const corner = beside[end - 1] as number;
  const reach = Math.abs(half) + Math.sqrt(half * half + corner * corner);
  const shift = (diagonal[end] as number) - ((half < 0 ? -1 : 1) * corner * corner) / reach;
  let f = (diagonal[begin] as number) - shift;
  let g = beside[begin] as number;
  for (let k = begin; k < end; k += 1) {
    const { c, s, r } = rotation(f, g);
    if (k > begin) beside[k - 1] = r;
    const [a, b, d] = [diagonal[k] as number, beside[k] as number, diagonal[k + 1] as number];
    // The 2 × 2 block after the rotation from both sides, written with the difference d − a to keep its trace.
    const moved = s * (s * (d - a) + 2 * c * b);
    diagonal[k] = a + moved;
    diagonal[k + 1] = d - moved;
    f = c * s * (d - a) + (c * c - s * s) * b;
    beside[k] = f;
    if (k + 1 < end) {
      const after = beside[k + 1] as number;
      g = s * after;
      beside[k + 1] = c * after;
    }
    rotate(k, c, s);
  }
}
