import { columnRange, type Matrix, matrix, sideBySide, sumOfSquares, zeros } from "./matrix.ts";
import { multiply } from "./multiply.ts";
import { qr } from "./qr.ts";
import { energyFrom } from "./rank.ts";
import { scaledToUnit } from "./scale.ts";
import { type Svd, thinSvd } from "./thin-svd.ts";

export interface TruncatedSvdOptions {
  /** Stop when a round finds less than this share of the whole energy ‖a‖² in addition; default 1e-10 */
  readonly tolerance?: number;
  /** Rounds at most; default 30 */
  readonly maxRounds?: number;
}

export interface TruncatedSvd extends Svd {
  /** ‖a − U·diag(s)·Vᵀ‖², the energy that is left out, from ‖a‖² − Σ s² (from the values themselves when `exact`) */
  readonly tailEnergy: number;
  /** ‖a‖² */
  readonly energy: number;
  /** max over i of ‖aᵀuᵢ − sᵢvᵢ‖ and ‖a·vᵢ − sᵢuᵢ‖, divided by s[0]: each (u, s, v) is exact for a matrix this close to a */
  readonly residual: number;
  /** True when the whole decomposition was computed and cut */
  readonly exact: boolean;
}

/** A block of start vectors is wider than the rank by this much, so that values near the cut separate. */
const oversampling = 8;
/** Blocks of a round: x, (aaᵀ)x, (aaᵀ)²x. */
const depth = 3;
/** Up to here the whole decomposition takes no time. */
const small = 128;

/**
 * The leading `rank` singular triplets. Where 9·(rank + 8) exceeds the smaller size, or that is at most 128, they are cut from the
 * thin decomposition, exact to f64 rounding. Else a restarted block Krylov iteration from a fixed pseudo-random start: each round
 * spans x, (aaᵀ)x, (aaᵀ)²x by Householder QR, and the next begins with the best rank + 8 directions found.
 * Accuracy: s[i] is never above the true value but for rounding. Measured on 768² to 2048² with the default tolerance: s[i] is off
 * by 1e-11 of s[0] and the tail by 1e-12 of the energy when values fall like 1/√i or faster; when they hardly fall at all, by 1e-4
 * and 1e-6. `residual` is the bound for the matrix at hand. Vectors of values that close stay mixed with those behind the cut.
 * The same bits on every machine. Cost 8·rows·columns·(rank + 8) operations a round; 2 to 6 rounds are usual.
 * Limits: rank is cut to min(rows, columns); a zero matrix gives zeros and unit vectors; energies of matrices past 1e±150 overflow
 * or vanish, the triplets do not.
 * Source: Musco and Musco 2015, Randomized block Krylov methods for stronger and faster approximate singular value decomposition.
 * @throws RangeError for a NaN or an infinity, or a rank that is not a whole number from 0 on
 */
export function truncatedSvd(
  a: Matrix,
  rank: number,
  { tolerance = 1e-10, maxRounds = 30 }: TruncatedSvdOptions = {},
): TruncatedSvd {
  if (!Number.isSafeInteger(rank) || rank < 0) throw new RangeError(`A rank is a whole number from 0 on, not ${rank}.`);
  const smaller = Math.min(a.rows, a.columns);
  const wanted = Math.min(rank, smaller);
  const { values, power } = scaledToUnit(a.data);
  const scaled = matrix(a.rows, a.columns, values);
  const found =
    smaller <= small || 3 * depth * (wanted + oversampling) > smaller
      ? cutFromThin(scaled, wanted)
      : iterate(scaled, wanted, tolerance, maxRounds);
  return {
    ...found,
    s: found.s.map((x) => x * power),
    tailEnergy: found.tailEnergy * power * power,
    energy: found.energy * power * power,
  };
}

function cutFromThin(a: Matrix, rank: number): TruncatedSvd {
  const svd = thinSvd(a);
  return { ...measure(a, cut(svd, rank)), tailEnergy: energyFrom(svd.s, rank), exact: true };
}

const cut = ({ u, s, v }: Svd, rank: number): Svd => ({
  u: columnRange(u, 0, rank),
  s: s.slice(0, rank),
  v: columnRange(v, 0, rank),
});

function iterate(a: Matrix, rank: number, tolerance: number, maxRounds: number): TruncatedSvd {
  const width = rank + oversampling;
  const energy = sumOfSquares(a.data);
  let basis = qr(multiply(a, startVectors(a.columns, width))).q;
  let image = multiply(a, basis, { transposeA: true });
  for (let round = 1, held = 0; ; round += 1) {
    const { u, s, v } = krylovRound(a, basis, image);
    const now = energyFrom(s.subarray(0, rank), 0);
    if (round === maxRounds || (round > 1 && now - held <= tolerance * energy))
      return { ...measure(a, cut({ u, s, v }, rank)), exact: false };
    held = now;
    basis = columnRange(u, 0, width);
    // aᵀu = s·v holds by construction: the product is not needed again.
    image = scaleColumns(columnRange(v, 0, width), s);
  }
}

/**
 * The best approximation of `a` from the block Krylov space that grows from `start`.
 * @param start orthonormal columns
 * @param image aᵀ·start
 */
function krylovRound(a: Matrix, start: Matrix, image: Matrix): Svd {
  let basis = start;
  let images = image;
  let newest = image;
  for (let step = 1; step < depth; step += 1) {
    // All columns go through one QR: what a low rank leaves empty is filled orthogonally to all others as well.
    const { q } = qr(sideBySide([basis, multiply(a, newest)]));
    const added = columnRange(q, basis.columns, q.columns);
    newest = multiply(a, added, { transposeA: true });
    basis = sideBySide([basis, added]);
    images = sideBySide([images, newest]);
  }
  const { u, s, v } = thinSvd(images);
  return { u: multiply(basis, v), s, v: u };
}

/** Each column times its factor. */
function scaleColumns({ rows, columns, data }: Matrix, factors: Float64Array): Matrix {
  const result = zeros(rows, columns);
  for (let i = 0; i < data.length; i += 1) result.data[i] = (data[i] as number) * (factors[i % columns] as number);
  return result;
}

/** Fixed numbers in [-1, 1) from a hash of their position: the same start on every machine. */
function startVectors(rows: number, columns: number): Matrix {
  const result = zeros(rows, columns);
  for (let i = 0; i < result.data.length; i += 1) result.data[i] = mixed(i) / 2 ** 31 - 1;
  return result;
}

/** A 32-bit integer whose bits all depend on those of `value` (multiply and shift, odd factors). */
function mixed(value: number): number {
  let bits = Math.imul(value + 1, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca77);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae3d);
  return (bits ^ (bits >>> 16)) >>> 0;
}

type Measured = Omit<TruncatedSvd, "exact">;

function measure(a: Matrix, svd: Svd): Measured {
  const energy = sumOfSquares(a.data);
  const { u, s, v } = svd;
  const right = largestColumn(multiply(a, u, { transposeA: true }), scaleColumns(v, s));
  const left = largestColumn(multiply(a, v), scaleColumns(u, s));
  const largest = s[0] ?? 0;
  const residual = largest === 0 ? 0 : Math.sqrt(Math.max(left, right)) / largest;
  return { ...svd, energy, tailEnergy: Math.max(0, energy - energyFrom(s, 0)), residual };
}

/** max over columns of ‖a − b‖² */
function largestColumn(a: Matrix, b: Matrix): number {
  const sums = new Float64Array(a.columns);
  for (let i = 0; i < a.data.length; i += 1) {
    const difference = (a.data[i] as number) - (b.data[i] as number);
    sums[i % a.columns] = (sums[i % a.columns] as number) + difference * difference;
  }
  return sums.reduce((largest, sum) => Math.max(largest, sum), 0);
}
