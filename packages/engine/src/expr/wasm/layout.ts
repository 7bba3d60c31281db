import { blockCount, blockElements } from "../blocks.ts";

/** Where a worker's memory holds what. All kernels of a run share one memory and one layout. */
export interface KernelLayout {
  /** Bytes that a tile of one tensor may take */
  readonly tileBytes: number;
  /** Address of the f32 of the i-th broadcast number */
  constant(index: number): number;
  /** Address of the block sums of the i-th reduction */
  sums(index: number): number;
  /** Address of the tile of the k-th input */
  input(index: number): number;
  /** Address of the tile of the result */
  readonly output: number;
  readonly pages: number;
}

const maxConstants = 256;
const maxReductions = 64;
/** Tiles start at odd multiples of a cache line, so that equal offsets in different tiles do not share cache sets. */
const stagger = 17 * 64;
const pageBytes = 65536;

const align = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

/** Tiles are whole blocks of any type, and at least one block of f32. */
export const wholeTileBytes = (tileBytes: number): number =>
  Math.max(4 * blockElements, Math.floor(tileBytes / (4 * blockElements)) * 4 * blockElements);

export function layoutFor(inputCount: number, tileBytes: number): KernelLayout {
  const tile = wholeTileBytes(tileBytes);
  // A tile of 16-bit values has twice as many elements, hence blocks, as one of f32.
  const sumsBytes = 8 * blockCount(tile / 2);
  const sumsBegin = 4 * maxConstants;
  const tilesBegin = align(sumsBegin + maxReductions * sumsBytes, 64);
  const stride = tile + stagger;
  const input = (index: number) => tilesBegin + index * stride;
  return {
    tileBytes: tile,
    constant: (index) => {
      if (index >= maxConstants) throw new Error(`An expression broadcasts more than ${maxConstants} numbers.`);
      return 4 * index;
    },
    sums: (index) => {
      if (index >= maxReductions) throw new Error(`An expression has more than ${maxReductions} reductions.`);
      return sumsBegin + index * sumsBytes;
    },
    input,
    output: input(inputCount),
    pages: align(input(inputCount + 1), pageBytes) / pageBytes,
  };
}
