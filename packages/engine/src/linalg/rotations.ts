import { type Matrix, zeros } from "./matrix.ts";

/** A plane rotation with c·f + s·g = r and c·g − s·f = 0. */
export interface Rotation {
  readonly c: number;
  readonly s: number;
  readonly r: number;
}

/** The rotation that brings g to 0. No square overflows or vanishes; (1, 0, f) when g is 0. */
export function rotation(f: number, g: number): Rotation {
  if (g === 0) return { c: 1, s: 0, r: f };
  if (Math.abs(f) >= Math.abs(g)) {
    const ratio = g / f;
    const length = Math.sqrt(1 + ratio * ratio);
    return { c: 1 / length, s: ratio / length, r: f * length };
  }
  const ratio = f / g;
  const length = Math.sqrt(1 + ratio * ratio);
  return { c: ratio / length, s: 1 / length, r: g * length };
}

const capacity = 1 << 15;
const stripColumns = 32;

/** Collects rotations of neighbouring rows of a matrix and applies many at a time, which reads the matrix seldom. */
export interface RotationLog {
  /** Later: row ← c·row + s·next, next ← c·next − s·row, both from the old values */
  rotate(row: number, c: number, s: number): void;
  /** Applies what is still waiting. */
  flush(): void;
}

/** @param target changed in place; rows are the vectors that are mixed */
export function rotationLog(target: Matrix): RotationLog {
  const rows = new Int32Array(capacity);
  const factors = new Float64Array(2 * capacity);
  const strip = zeros(target.rows, stripColumns);
  let count = 0;
  const flush = () => {
    for (let begin = 0; begin < target.columns; begin += stripColumns) {
      const width = Math.min(stripColumns, target.columns - begin);
      // A strip is copied out: rows a power of two apart would fight for the same lines of the cache.
      for (let i = 0; i < target.rows; i += 1) {
        const from = i * target.columns + begin;
        strip.data.set(target.data.subarray(from, from + width), i * stripColumns);
      }
      mixStrip(strip.data, rows, factors, count);
      for (let i = 0; i < target.rows; i += 1)
        target.data.set(strip.data.subarray(i * stripColumns, i * stripColumns + width), i * target.columns + begin);
    }
    count = 0;
  };
  return {
    rotate(row, c, s) {
      rows[count] = row;
      factors[2 * count] = c;
      factors[2 * count + 1] = s;
      count += 1;
      if (count === capacity) flush();
    },
    flush,
  };
}

/** All rotations in order on a strip, two at a time where the second begins with the row that the first ends with. */
function mixStrip(data: Float64Array, rows: Int32Array, factors: Float64Array, count: number): void {
  let k = 0;
  while (k < count) {
    const row = rows[k] as number;
    const c = factors[2 * k] as number;
    const s = factors[2 * k + 1] as number;
    if (k + 1 < count && rows[k + 1] === row + 1) {
      mixThree(data, row * stripColumns, [c, s, factors[2 * k + 2] as number, factors[2 * k + 3] as number]);
      k += 2;
    } else {
      mixTwo(data, row * stripColumns, c, s);
      k += 1;
    }
  }
}

/** One rotation of two rows of a strip; unused columns of the strip are rotated along. */
function mixTwo(data: Float64Array, at: number, c: number, s: number): void {
  for (let i = at; i < at + stripColumns; i += 1) {
    const x = data[i] as number;
    const y = data[i + stripColumns] as number;
    data[i] = c * x + s * y;
    data[i + stripColumns] = c * y - s * x;
  }
}

/** A rotation of two rows and then one of the second and the row below: the same operations, fewer trips to memory. */
function mixThree(
  data: Float64Array,
  at: number,
  [c, s, nextC, nextS]: readonly [c: number, s: number, nextC: number, nextS: number],
): void {
  for (let i = at; i < at + stripColumns; i += 1) {
    const x = data[i] as number;
    const y = data[i + stripColumns] as number;
    const z = data[i + 2 * stripColumns] as number;
    const middle = c * y - s * x;
    data[i] = c * x + s * y;
    data[i + stripColumns] = nextC * middle + nextS * z;
    data[i + 2 * stripColumns] = nextC * z - nextS * middle;
  }
}
