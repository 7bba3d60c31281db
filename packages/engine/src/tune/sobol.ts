import { sobolDirections } from "./sobol-directions.ts";

const BITS = 32;
/** Most coordinates that a sequence may have. */
export const sobolDimensions = sobolDirections.length + 1;

/** 32 direction numbers of a dimension, each with its binary point before the top bit. */
function directionsOf(dimension: number): Uint32Array {
  const directions = new Uint32Array(BITS);
  const row = dimension === 0 ? undefined : sobolDirections[dimension - 1];
  if (row === undefined) return directions.map((_, bit) => 2 ** (BITS - 1 - bit));
  const [polynomial = 1, ...first] = row;
  const degree = first.length;
  first.forEach((m, bit) => {
    directions[bit] = m * 2 ** (BITS - 1 - bit);
  });
  for (let bit = degree; bit < BITS; bit += 1) {
    const back = directions[bit - degree] ?? 0;
    let next = back ^ (back >>> degree);
    for (let k = 1; k < degree; k += 1) if ((polynomial >>> (degree - k)) & 1) next ^= directions[bit - k] ?? 0;
    directions[bit] = next;
  }
  return directions;
}

function reverseBits(value: number): number {
  let x = value;
  x = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >>> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >>> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  x = ((x >>> 8) & 0x00ff00ff) | ((x & 0x00ff00ff) << 8);
  return ((x >>> 16) | (x << 16)) >>> 0;
}

/**
 * Nested uniform scrambling of one coordinate by a hash: the flip of each bit depends on the bits above it only, so every
 * elementary interval keeps its number of points. Sources: Owen 1995; Laine & Karras 2011; constants of Burley 2020.
 */
function scramble(value: number, key: number): number {
  let x = reverseBits(value);
  x = (x + key) >>> 0;
  x ^= Math.imul(x, 0x6c50b47c);
  x ^= Math.imul(x, 0xb82f1e52);
  x ^= Math.imul(x, 0xc7afe638);
  x ^= Math.imul(x, 0x8d22f6e6);
  return reverseBits(x >>> 0);
}

/** A well-mixed 32-bit number of a seed and a dimension. */
function mix(seed: number, dimension: number): number {
  let x = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(dimension + 1, 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Points `from` … `from + count − 1` of the Sobol sequence in [0, 1)^d, by their index: no state.
 * @param seed scrambles the sequence; null gives the plain one, whose first point is the origin
 * @throws RangeError for more than 128 coordinates
 * Source: Sobol 1967; Joe & Kuo 2008.
 */
export function sobolPoints(dimensions: number, count: number, seed: number | null, from = 0): Float64Array[] {
  if (dimensions > sobolDimensions) throw new RangeError(`A Sobol sequence has ${sobolDimensions} coordinates at most.`);
  const points = Array.from({ length: count }, () => new Float64Array(dimensions));
  for (let dimension = 0; dimension < dimensions; dimension += 1) {
    const directions = directionsOf(dimension);
    const key = seed === null ? null : mix(seed, dimension);
    points.forEach((point, offset) => {
      const index = from + offset;
      let bits = 0;
      for (let bit = 0, rest = index ^ (index >>> 1); rest > 0; bit += 1, rest >>>= 1) if (rest & 1) bits ^= directions[bit] ?? 0;
      const placed = key === null ? bits >>> 0 : scramble(bits >>> 0, key);
      point[dimension] = placed / 2 ** BITS;
    });
  }
  return points;
}
