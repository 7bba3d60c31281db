import type { Matrix } from "./matrix.ts";

/** A rectangle of a larger array: element (i, j) is `data[at + i * down + j * across]`. */
export interface Block {
  readonly data: Float64Array;
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
  readonly down: number;
  readonly across: number;
}

export const whole = ({ rows, columns, data }: Matrix): Block => ({ data, at: 0, rows, columns, down: columns, across: 1 });

/** The same elements read by columns; nothing is copied. */
export const turned = ({ data, at, rows, columns, down, across }: Block): Block => ({
  data,
  at,
  rows: columns,
  columns: rows,
  down: across,
  across: down,
});

/** Rows and columns from `row` and `column` on, `rows` × `columns` of them. */
export const within = (block: Block, row: number, column: number, rows: number, columns: number): Block => ({
  ...block,
  at: block.at + row * block.down + column * block.across,
  rows,
  columns,
});

// A 3 × 3 tile keeps its 9 sums and 6 factors in the 16 registers of x64. A strip of 96 rows of A stays in the second-level
// cache while it meets a strip of 384 columns of B; 256 products are added up before a sum goes back to memory.
const tile = 3;
const stripRows = 96;
const stripColumns = 384;
const depth = 256;

// Packed operands and the sums of a tile, kept between calls: no content outlives one call.
const packedA = new Float64Array(stripRows * depth);
const packedB = new Float64Array(stripColumns * depth);
const sums = new Float64Array(tile * tile);

/**
 * c ← c + sign·a·b in f64. Each element is a sum over the inner index in ascending order, in runs of 256: every run is summed from
 * 0 and then added, so the bits depend on the sizes alone.
 * The blocks must fit; `c` must not overlap `a` or `b`.
 */
export function addProduct(c: Block, a: Block, b: Block, sign: 1 | -1 = 1): void {
  for (let column = 0; column < c.columns; column += stripColumns) {
    const columns = Math.min(stripColumns, c.columns - column);
    for (let inner = 0; inner < a.columns; inner += depth) {
      const run = Math.min(depth, a.columns - inner);
      pack(packedB, turned(within(b, inner, column, run, columns)));
      for (let row = 0; row < c.rows; row += stripRows) {
        const rows = Math.min(stripRows, c.rows - row);
        pack(packedA, within(a, row, inner, rows, run));
        multiplyPacked(within(c, row, column, rows, columns), run, sign);
      }
    }
  }
}

/** Three rows at a time, interleaved, zeros for rows past the end. */
function pack(into: Float64Array, { data, at, rows, columns, down, across }: Block): void {
  let to = 0;
  for (let row = 0; row < rows; row += tile) {
    for (let i = 0; i < tile; i += 1) {
      let from = at + (row + i) * down;
      const end = to + i + columns * tile;
      if (row + i < rows) {
        for (let k = to + i; k < end; k += tile) {
          into[k] = data[from] as number;
          from += across;
        }
      } else for (let k = to + i; k < end; k += tile) into[k] = 0;
    }
    to += tile * columns;
  }
}

function multiplyPacked(c: Block, run: number, sign: number): void {
  const { data, down, across } = c;
  for (let column = 0; column < c.columns; column += tile) {
    const columns = Math.min(tile, c.columns - column);
    for (let row = 0; row < c.rows; row += tile) {
      multiplyTile(row * run, column * run, run);
      const rows = Math.min(tile, c.rows - row);
      for (let i = 0; i < rows; i += 1) {
        let to = c.at + (row + i) * down + column * across;
        for (let j = 0; j < columns; j += 1) {
          data[to] = (data[to] as number) + sign * (sums[i * tile + j] as number);
          to += across;
        }
      }
    }
  }
}

/** The nine sums of one tile. */
function multiplyTile(atA: number, atB: number, run: number): void {
  let [s00, s01, s02, s10, s11, s12, s20, s21, s22] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  let b = atB;
  const end = atA + tile * run;
  for (let a = atA; a < end; a += tile) {
    const b0 = packedB[b] as number;
    const b1 = packedB[b + 1] as number;
    const b2 = packedB[b + 2] as number;
    const a0 = packedA[a] as number;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    const a1 = packedA[a + 1] as number;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    const a2 = packedA[a + 2] as number;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    b += tile;
  }
  sums[0] = s00;
  sums[1] = s01;
  sums[2] = s02;
  sums[3] = s10;
  sums[4] = s11;
  sums[5] = s12;
  sums[6] = s20;
  sums[7] = s21;
  sums[8] = s22;
}
