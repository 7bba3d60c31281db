import { blockCount, blockElements } from "../blocks.ts";
import { counterBytes } from "./emit-rank.ts";

/** What the kernels of a run need room for. All of them share one memory and one layout. */
export interface MemoryShape {
  readonly inputs: number;
  /** Most intermediate tiles (values to be ranked) that a kernel has */
  readonly derived: number;
  /** Most reductions that one call finds */
  readonly reductions: number;
  readonly tileBytes: number;
}

/** Room for ranking one row: its keys, two orders of its elements, and counters. */
export interface RankScratch {
  readonly keys: number;
  readonly order: number;
  readonly other: number;
  readonly counters: number;
}

/** Where a worker's memory holds what. */
export interface KernelLayout {
  /** Bytes that a tile of one tensor may take */
  readonly tileBytes: number;
  /** Address of the four bytes of the i-th slot */
  slot(index: number): number;
  /** Address of the block sums of the i-th reduction of a call */
  sums(index: number): number;
  /** Address of the tile of the k-th input */
  input(index: number): number;
  /** Address of the f32 of the j-th intermediate tile */
  derived(index: number): number;
  /** Address of the keys that a selection has collected, and of the i32 that count those above and the two hot ones */
  readonly collected: number;
  readonly above: number;
  /** A row is ranked before a selection collects keys of it: they share some of their room */
  readonly ranking: RankScratch;
  /** Address of the tile of the result */
  readonly output: number;
  readonly pages: number;
}

/** Tiles start at odd multiples of a cache line, so that equal offsets in different tiles do not share cache sets. */
const stagger = 17 * 64;
const pageBytes = 65536;

const align = (bytes: number, to: number): number => Math.ceil(bytes / to) * to;

/** Tiles are whole blocks of any type, and at least one block of f32. */
export const wholeTileBytes = (tileBytes: number): number =>
  Math.max(4 * blockElements, Math.floor(tileBytes / (4 * blockElements)) * 4 * blockElements);

/** Most elements of a tile: those of a 16-bit type. */
export const mostElements = (tileBytes: number): number => tileBytes / 2;

/** Slots that there is room for. */
export const mostSlots = 4096;

export function layoutFor({ inputs, derived, reductions, tileBytes }: MemoryShape): KernelLayout {
  const tile = wholeTileBytes(tileBytes);
  const wide = 4 * mostElements(tile);
  // Rows may be as short as one element, and each row begins a block; but no call covers more than one row then.
  const sumsBytes = 8 * blockCount(mostElements(tile));
  const sumsBegin = 4 * mostSlots;
  const above = align(sumsBegin + reductions * sumsBytes, 64);
  const inputsBegin = above + 64;
  const stride = tile + stagger;
  const derivedBegin = inputsBegin + inputs * stride;
  const collected = derivedBegin + derived * (wide + stagger);
  // Where rows matter, a tile has room for a whole row of f32.
  const keys = collected + wide + stagger;
  const counters = keys + tile + stagger;
  const output = derived === 0 ? keys : counters + counterBytes;
  return {
    tileBytes: tile,
    slot: (index) => 4 * index,
    sums: (index) => sumsBegin + index * sumsBytes,
    input: (index) => inputsBegin + index * stride,
    derived: (index) => derivedBegin + index * (wide + stagger),
    collected,
    above,
    ranking: { keys, counters, order: collected, other: collected + tile },
    output,
    pages: align(output + stride, pageBytes) / pageBytes,
  };
}
