import { blockCount, blockElements, combineBlocks } from "../blocks.ts";
import type { Numeric, Reduction, Selection } from "../expr.ts";
import { keyOf, type NumericContext, numericEvaluator, statisticsOf } from "../numeric.ts";
import type { RandomKey } from "../random.ts";
import { keyOfValue, valueOfKey } from "./emit-select.ts";
import { storedBytes } from "./group-emitter.ts";
import { type Kernel, type KernelMemory, reduceNames } from "./kernel.ts";
import { groupElements } from "./simd-codec.ts";
import type { Slot } from "./slots.ts";
import { webAssembly } from "./web-assembly.ts";

/** Border of a selection: its smallest value, and up to which position values equal to it are kept. */
export interface Border {
  readonly threshold: number;
  readonly cut: number;
}

/** What a kernel needs to know of a tensor. What no pass has found yet is NaN. */
export interface TensorFacts {
  readonly elements: number;
  /** Elements of a row */
  readonly columns: number;
  measured(name: string): number;
  /** Result of the r-th reduction of a level */
  reduced(level: number, r: number): number;
  /** Border of the s-th selection of a level */
  border(level: number, s: number): Border;
  key(stream: number): RandomKey;
}

/** Keys that a selection looks for: from low to high, two of them only counted. */
export interface Band {
  readonly low: number;
  readonly high: number;
  readonly hot: readonly [number, number];
}

/** What is found of them in a run of elements; `keys` is a view that the next call overwrites. */
export interface Gathered {
  readonly above: number;
  readonly hot: readonly [number, number];
  readonly keys: Int32Array;
}

const lowest = -(2 ** 31);
const highest = 2 ** 31 - 1;
/** What only a NaN has as its key. */
const noKey = lowest;

export const bandBetween = (low: number, high: number): Band => ({ low, high, hot: [noKey, noKey] });
export const everyKey: Band = bandBetween(lowest, highest);
/** Counts one key and collects nothing but, perhaps, a NaN. */
const bandOfOne = (key: number): Band => ({ low: highest, high: highest, hot: [key, noKey] });

/** A part of a tensor that is in memory. */
export interface Tile {
  /** Position of its first element in the tensor; for a kernel by rows the start of a row */
  readonly begin: number;
  readonly count: number;
}

type Call = (begin: number, end: number) => number;
const isCall = (value: unknown): value is Call => typeof value === "function";

/** A run of elements of one row, or a whole tile of a kernel that knows no rows. */
interface Range {
  /** In memory */
  readonly from: number;
  readonly to: number;
  /** Position in the tensor */
  readonly begin: number;
}

/** Where a row starts in memory: rows are padded to whole groups. */
export const strideOf = (columns: number): number => Math.ceil(columns / groupElements) * groupElements;

const furthest = 2 ** 31 - 1;

/** A kernel at work on a worker's memory. `begin` a tensor, fill the inputs with a tile, then call what its pass needs. */
export class KernelInstance {
  readonly kernel: Kernel;
  readonly #memory: KernelMemory;
  readonly #calls: Readonly<Record<string, unknown>>;
  readonly #integers: Int32Array;
  readonly #floats: Float32Array;
  /** Place of each statistic of the whole tensor: level and number in it */
  readonly #places = new Map<string, readonly [number, number]>();
  readonly #ofTensor: readonly (readonly [number, Slot])[];
  readonly #ofRow: readonly (readonly [number, Numeric])[];
  readonly #ofTile: readonly (readonly [number, Slot])[];
  #facts: TensorFacts | null = null;
  #evaluate: (expr: Numeric) => number = () => Number.NaN;

  constructor(kernel: Kernel, memory: KernelMemory) {
    this.kernel = kernel;
    this.#memory = memory;
    this.#calls = new webAssembly.Instance(kernel.module, { env: { memory: memory.memory } }).exports;
    this.#integers = new Int32Array(memory.memory.buffer);
    this.#floats = new Float32Array(memory.memory.buffer);
    kernel.outline.program.levels.forEach(({ reductions, selections }, level) => {
      reductions.forEach((node, r) => void this.#places.set(keyOf(node), [level, r]));
      selections.forEach((node, s) => void this.#places.set(keyOf(node), [level, s]));
    });
    const slots = kernel.slots.map((slot, i) => [i, slot] as const);
    this.#ofRow = slots.flatMap(([i, slot]) =>
      slot.kind === "number" && isOfRow(slot.number) ? [[i, slot.number] as const] : [],
    );
    const rowSlots = new Set(this.#ofRow.map(([i]) => i));
    this.#ofTile = slots.filter(([, { kind }]) => kind === "cut" || kind === "least" || kind === "position");
    this.#ofTensor = slots.filter(([i, { kind }]) => !rowSlots.has(i) && ["number", "threshold", "key"].includes(kind));
  }

  get byRow(): boolean {
    return this.kernel.outline.program.byRow;
  }

  /** Sets what holds for the whole tensor. To be called for each pass: it reads the facts anew. */
  begin(facts: TensorFacts): void {
    this.#facts = facts;
    this.#evaluate = numericEvaluator(this.#context(facts, null));
    for (const [i, slot] of this.#ofTensor) {
      if (slot.kind === "number") this.#floats[i] = this.#evaluate(slot.number);
      else if (slot.kind === "threshold") this.#floats[i] = this.#borderOf(slot.selection).threshold;
      else if (slot.kind === "key") this.#integers[i] = facts.key(slot.stream)[slot.part];
    }
  }

  /** Value of a number of the tensor, as far as earlier passes have found what it needs. */
  number(expr: Numeric): number {
    return this.#evaluate(expr);
  }

  /** Fills the elements after the last of the tile, or of each of its rows, with copies of the last. */
  pad(tile: Tile): void {
    for (const { to } of this.#ranges(tile)) {
      const end = Math.ceil(to / groupElements) * groupElements;
      if (end === to) continue;
      this.kernel.outline.spec.inputs.forEach((type, k) => {
        // Spare bits of a mask are bits like others: they cannot raise an alarm.
        if (type !== "BITS") repeatLast(this.#memory.input(k), to, end, storedBytes(type, 1));
      });
    }
  }

  /** Merges a tile into the output tile. @returns false when a value is NaN or infinite */
  merge(tile: Tile): boolean {
    const pass = this.kernel.outline.passes.length - 1;
    let alarm = 0;
    for (const range of this.#ranges(tile)) {
      this.#enter(pass, range);
      alarm |= this.#call(this.#isCut(range) ? "merge_at_cut" : "merge", range);
    }
    return alarm === 0;
  }

  /** Block results of a level's reductions. `store` gets the number of the first block and a view that the next call overwrites. */
  reduce(level: number, tile: Tile, store: (r: number, firstBlock: number, results: Float64Array) => void): void {
    const { reductions } = this.kernel.outline.passes[level] ?? { reductions: [] };
    if (reductions.length === 0) return;
    const names = reduceNames(`reduce_${level}`, reductions);
    for (const range of this.#ranges(tile)) {
      this.#enter(level, range);
      for (const name of names) this.#call(name, range);
      const first = this.byRow ? (range.begin / this.#columns) * blockCount(this.#columns) : range.begin / blockElements;
      for (let r = 0; r < reductions.length; r += 1) store(r, first, this.#sums(r, range));
    }
  }

  /** Gathers keys of the s-th selection of a level. `store` gets what is found in each range of the tile, in order. */
  select(level: number, s: number, band: Band, tile: Tile, store: (found: Gathered) => void): void {
    this.#setBand(level, s, band);
    for (const range of this.#ranges(tile)) {
      this.#enter(level, range);
      store(this.#gather(level, s, band, range));
    }
  }

  /** Position in the tensor of the n-th value (from 1) of a selection that has a given key, in a tile that has at least n. */
  positionOf(level: number, s: number, key: number, n: number, tile: Tile): number {
    const band = bandOfOne(key);
    this.#setBand(level, s, band);
    const countIn = (range: Range): number => this.#gather(level, s, band, range).hot[0];
    let left = n;
    for (const range of this.#ranges(tile)) {
      this.#enter(level, range);
      const count = countIn(range);
      if (count < left) {
        left -= count;
        continue;
      }
      // The smallest prefix that has as many.
      let [low, high] = [range.from + 1, range.to];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (countIn({ ...range, to: middle }) >= left) high = middle;
        else low = middle + 1;
      }
      return range.begin + (low - range.from) - 1;
    }
    // Only NaN can be counted differently by two passes; the merge then meets it, and refuses it.
    return tile.begin + tile.count - 1;
  }

  #gather(level: number, s: number, { hot }: Band, range: Range): Gathered {
    const isHot = hot[0] !== noKey || hot[1] !== noKey;
    const count = this.#call(`select_${isHot ? "hot_" : ""}${level}_${s}`, range);
    const { above, collected } = this.#memory.layout;
    const stored = (i: number): number => (i > 0 && !isHot ? 0 : (this.#integers[(above >> 2) + i] ?? 0));
    const [hot0, hot1] = [stored(1), stored(2)];
    return {
      above: stored(0) - count - hot0 - (hot[1] === hot[0] ? 0 : hot1),
      hot: [hot0, hot1],
      keys: this.#integers.subarray(collected >> 2, (collected >> 2) + count),
    };
  }

  get #columns(): number {
    return this.#facts?.columns ?? 1;
  }

  #ranges({ begin, count }: Tile): Range[] {
    if (count === 0) return [];
    if (!this.byRow) return [{ from: 0, to: count, begin }];
    const stride = strideOf(this.#columns);
    return Array.from({ length: count / this.#columns }, (_, row) => ({
      from: row * stride,
      to: row * stride + this.#columns,
      begin: begin + row * this.#columns,
    }));
  }

  /** Sets what holds for a range: positions, ranks, and the numbers of its row. */
  #enter(pass: number, range: Range): void {
    for (const [i, slot] of this.#ofTile) {
      if (slot.kind === "position") this.#integers[i] = (range.begin - range.from) | 0;
      else if (slot.kind === "cut") this.#integers[i] = cutIn(range, this.#borderOf(slot.selection).cut);
      else if (slot.kind === "least") this.#floats[i] = leastIn(range, this.#borderOf(slot.selection));
    }
    const { ranks, rowGroups } = this.kernel.outline.passes[pass] ?? { ranks: [], rowGroups: [] };
    for (const j of ranks) {
      this.#call(`values_${j}`, range);
      this.#call(`ranks_${j}`, range);
    }
    if (this.#ofRow.length === 0 || this.#facts === null) return;
    const found = new Map<string, number>();
    const setRow = (facts: TensorFacts): void => {
      const evaluate = numericEvaluator(this.#context(facts, found));
      for (const [i, number] of this.#ofRow) this.#floats[i] = evaluate(number);
    };
    rowGroups.forEach((group, g) => {
      for (const name of reduceNames(`rows_${pass}_${g}`, group)) this.#call(name, range);
      group.forEach((node, r) => void found.set(keyOf(node), combine(node, this.#sums(r, range))));
      if (this.#facts !== null) setRow(this.#facts);
    });
  }

  /** Whether a selection ends inside a range, among values equal to its threshold. */
  #isCut({ begin, from, to }: Range): boolean {
    return this.#ofTile.some(([, slot]) => {
      if (slot.kind !== "least") return false;
      const { cut } = this.#borderOf(slot.selection);
      return cut >= begin && cut < begin + (to - from) - 1;
    });
  }

  #borderOf(selection: Selection): Border {
    if (selection.kind === "found") return { threshold: this.#evaluate(selection.threshold), cut: this.#evaluate(selection.cut) };
    const [level = 0, s = 0] = this.#places.get(keyOf(selection)) ?? [];
    return this.#facts?.border(level, s) ?? { threshold: Number.NaN, cut: -1 };
  }

  #context(facts: TensorFacts, ofRow: ReadonlyMap<string, number> | null): NumericContext {
    return {
      elements: facts.elements,
      columns: facts.columns,
      rows: facts.columns === 0 ? 0 : facts.elements / facts.columns,
      measured: (name) => facts.measured(name),
      reduction: (node) => {
        if (node.scope === "row") return ofRow?.get(keyOf(node)) ?? Number.NaN;
        const [level = 0, r = 0] = this.#places.get(keyOf(node)) ?? [];
        return facts.reduced(level, r);
      },
      threshold: (of) => this.#borderOf(of).threshold,
    };
  }

  #setBand(level: number, s: number, { low, high, hot }: Band): void {
    const selection = this.kernel.outline.passes[level]?.selections[s];
    const key = selection === undefined ? "" : keyOf(selection);
    const values: Readonly<Record<string, number>> = { low, width: high - low, hot0: hot[0], hot1: hot[1] };
    this.kernel.slots.forEach((slot, i) => {
      const value = values[slot.kind];
      if (value !== undefined && "selection" in slot && keyOf(slot.selection) === key) this.#integers[i] = value;
    });
  }

  #sums(r: number, { from, to }: Range): Float64Array {
    return new Float64Array(this.#memory.memory.buffer, this.#memory.layout.sums(r), blockCount(to - from));
  }

  #call(name: string, { from, to }: { readonly from: number; readonly to: number }): number {
    const call = this.#calls[name];
    if (!isCall(call)) throw new Error(`A kernel has no function ${name}.`);
    return to > from ? call(from, to) : 0;
  }
}

/** Result of a reduction from those of its blocks. */
export const combine = ({ op }: Reduction, blocks: Float64Array): number =>
  op === "max" ? blocks.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY) : combineBlocks(blocks);

/** Where in memory a selection ends; before the range or after it where it does not end inside. */
function cutIn({ begin, from, to }: Range, cut: number): number {
  if (!(cut >= begin)) return -1;
  return cut - begin >= to - from ? furthest : cut - begin + from;
}

/** The smallest value that a selection keeps in a range where it keeps all or none of those equal to its threshold. */
const leastIn = ({ begin }: Range, { threshold, cut }: Border): number =>
  cut >= begin ? threshold : valueOfKey(keyOfValue(threshold) + 1);

const isOfRow = (number: Numeric): boolean =>
  statisticsOf([number]).some((statistic) => statistic.kind === "reduce" && statistic.scope === "row");

/** Fills the elements from `count` to `padded` with copies of the last one. */
function repeatLast(tile: Uint8Array, count: number, padded: number, sizeBytes: number): void {
  for (let i = count; i < padded; i += 1) tile.copyWithin(i * sizeBytes, (count - 1) * sizeBytes, count * sizeBytes);
}
