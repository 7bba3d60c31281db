import { blockCount } from "../../expr/blocks.ts";
import type { TensorSelection } from "../../expr/expr.ts";
import { binOf, type CountedKey, keyFromHalves, largestAt, lowerHalf, nthLargest, upperHalf } from "../../expr/nth-largest.ts";
import { bandMargin, sampleRanges } from "../../expr/sample.ts";
import { valueOfKey } from "../../expr/wasm/emit-select.ts";
import {
  type Band,
  type Border,
  bandBetween,
  combine,
  everyKey,
  type KernelInstance,
  type Tile,
} from "../../expr/wasm/kernel-instance.ts";
import type { Stage, TensorJob } from "./job.ts";
import type { KernelDesk } from "./kernel-desk.ts";
import { ringSlots, type SharedState, segmentInts, waitForStage } from "./shared-state.ts";

const bins = 1 << 16;

/** The part of a tensor that a tile of a stage covers. */
export const tileOf = ({ firstTile, tileElements }: Stage, { elements }: TensorJob, tile: number): Tile => {
  const begin = (tile - firstTile) * tileElements;
  return { begin, count: Math.min(tileElements, elements - begin) };
};

/**
 * Finds the statistics of a level: sums block by block, and the borders of selections. A selection of k values ends at the k-th
 * largest. A sample says between which two keys it must lie; one pass counts the keys above and collects those between, which is
 * enough to tell it exactly, and that the sample was right. If it was not, the whole tensor is counted.
 */
export class LevelWork {
  readonly #desk: KernelDesk;
  readonly #state: SharedState;
  /** Indexes of the level stages, by ordinal */
  readonly #stages: readonly number[];
  #samples = new Int32Array(0);

  constructor(desk: KernelDesk) {
    this.#desk = desk;
    this.#state = desk.state;
    this.#stages = desk.job.stages.flatMap(({ kind }, index) => (kind === "level" ? [index] : []));
  }

  /** Looks at a sample and publishes between which keys each selection of the level should end. */
  sample(index: number): void {
    const { stage, tensor } = this.#desk.stage(index);
    const kernel = this.#desk.enter(index);
    const selections = this.#selectionsOf(kernel, stage);
    const ranges = sampleRanges(tensor, kernel.byRow);
    const counts = ranges.map(({ count }) => count);
    const keys = this.#room(
      selections.length,
      counts.reduce((total, count) => total + count, 0),
    );
    const filled = selections.map(() => 0);
    for (const range of ranges) {
      this.#desk.load(index, range);
      selections.forEach((_, s) => {
        kernel.select(stage.level, s, everyKey, range, (found) => {
          keys[s]?.set(found.keys, filled[s]);
          filled[s] = (filled[s] ?? 0) + found.keys.length;
        });
      });
    }
    selections.forEach((selection, s) => {
      const sample = keys[s]?.subarray(0, filled[s]) ?? new Int32Array(0);
      const { low, high, hot } = bandOf(sample, counts, wantedOf(kernel, selection, tensor) / tensor.elements);
      this.#state.bands.set([low, high, ...hot], 4 * (index * this.#state.sizes.selections + s));
    });
  }

  /** Waits until nobody uses the stage's scratch any more. @returns false when the run was stopped */
  awaitRoom(index: number): boolean {
    const before = this.#stages[this.#desk.stage(index).stage.ordinal - ringSlots];
    return before === undefined || waitForStage(this.#state, before);
  }

  /** Adds one tile, which is loaded, to the statistics. */
  look(index: number, range: Tile, tile: number): void {
    const { stage } = this.#desk.stage(index);
    const kernel = this.#desk.enter(index);
    const { ring, sizes } = this.#state;
    const slot = stage.ordinal % ringSlots;
    kernel.reduce(stage.level, range, (r, firstBlock, results) => {
      ring.blockResults.set(results, (slot * sizes.reductions + r) * sizes.blocks + firstBlock);
    });
    this.#selectionsOf(kernel, stage).forEach((_, s) => void this.#collect(kernel, { index, range, tile, slot, s }));
  }

  /** Publishes the results of a level, after its last tile. Uses the kernel's tiles when it must look at the tensor again. */
  conclude(index: number): void {
    const { stage, tensor } = this.#desk.stage(index);
    const kernel = this.#desk.enter(index);
    const { ring, sizes, reduced, borders } = this.#state;
    const slot = stage.ordinal % ringSlots;
    const blocks = kernel.byRow ? (tensor.elements / tensor.columns) * blockCount(tensor.columns) : blockCount(tensor.elements);
    kernel.kernel.outline.passes[stage.level]?.reductions.forEach((node, r) => {
      const from = (slot * sizes.reductions + r) * sizes.blocks;
      reduced[index * sizes.reductions + r] = combine(node, ring.blockResults.subarray(from, from + blocks));
    });
    this.#selectionsOf(kernel, stage).forEach((selection, s) => {
      const { threshold, cut } = this.#borderOf(kernel, selection, { index, slot, s });
      const at = 2 * (index * sizes.selections + s);
      borders[at] = threshold;
      borders[at + 1] = cut;
      ring.cursors.fill(0, 2 * (slot * sizes.selections + s), 2 * (slot * sizes.selections + s) + 2);
    });
  }

  /** Room for the samples of some selections, the same one every time. */
  #room(selections: number, each: number): Int32Array[] {
    if (this.#samples.length < selections * each) this.#samples = new Int32Array(selections * each);
    return Array.from({ length: selections }, (_, s) => this.#samples.subarray(s * each, (s + 1) * each));
  }

  #selectionsOf(kernel: KernelInstance, { level }: Stage): readonly TensorSelection[] {
    return kernel.kernel.outline.passes[level]?.selections ?? [];
  }

  #bandOf(index: number, s: number): Band {
    const { stages } = this.#desk.job;
    const { previous } = this.#desk.stage(index).stage;
    if (stages[previous]?.kind !== "sample") return everyKey;
    const at = 4 * (previous * this.#state.sizes.selections + s);
    const [low = 0, high = 0, hot0 = 0, hot1 = 0] = this.#state.bands.subarray(at, at + 4);
    return { low, high, hot: [hot0, hot1] };
  }

  #collect(kernel: KernelInstance, { index, range, tile, slot, s }: Collecting): void {
    const { ring, sizes } = this.#state;
    const { stage } = this.#desk.stage(index);
    const place = slot * sizes.selections + s;
    const parts: Int32Array[] = [];
    let [above, count, hot0, hot1] = [0, 0, 0, 0];
    kernel.select(stage.level, s, this.#bandOf(index, s), range, (found) => {
      above += found.above;
      hot0 += found.hot[0];
      hot1 += found.hot[1];
      count += found.keys.length;
      parts.push(kernel.byRow ? found.keys.slice() : found.keys);
    });
    const offset = Atomics.add(ring.cursors, 2 * place, count);
    if (offset + count > sizes.keys) Atomics.store(ring.cursors, 2 * place + 1, 1);
    else {
      let at = place * sizes.keys + offset;
      for (const part of parts) {
        ring.keys.set(part, at);
        at += part.length;
      }
    }
    ring.segments.set([offset, count, above, hot0, hot1], segmentInts * (place * sizes.tiles + tile - stage.firstTile));
  }

  #borderOf(kernel: KernelInstance, selection: TensorSelection, { index, slot, s }: Selecting): Border {
    const { stage, tensor } = this.#desk.stage(index);
    const { ring, sizes } = this.#state;
    const place = slot * sizes.selections + s;
    const wanted = wantedOf(kernel, selection, tensor);
    if (wanted === 0) return { threshold: Number.POSITIVE_INFINITY, cut: -1 };
    const { hot } = this.#bandOf(index, s);
    const from = segmentInts * place * sizes.tiles;
    const segments = ring.segments.subarray(from, from + segmentInts * stage.tileCount);
    const at = (tile: number, field: number): number => segments[segmentInts * tile + field] ?? 0;
    const tiles = Array.from({ length: stage.tileCount }, (_, i) => i);
    const sum = (field: number): number => tiles.reduce((acc, tile) => acc + at(tile, field), 0);
    const [count, above] = [sum(1), sum(2)];
    const counted: CountedKey[] = hot.map((key, i) => ({ key, count: sum(3 + i) })).filter((each) => each.count > 0);
    const found = counted.reduce((acc, each) => acc + each.count, count);
    const full = ring.cursors[2 * place + 1] !== 0;
    if (full || wanted <= above || wanted > above + found) return this.#countAll(kernel, selection, { index, slot, s });
    const keysOf = (i: number): Int32Array => {
      const begin = place * sizes.keys + at(i, 0);
      return ring.keys.subarray(begin, begin + at(i, 1));
    };
    const nth = nthLargest(tiles.map(keysOf), wanted - above, counted);
    const hotAt = hot.indexOf(nth.key);
    const equalIn = (i: number): number => (hotAt < 0 ? countOf(keysOf(i), nth.key) : at(i, 3 + hotAt));
    return this.#cutOf(kernel, selection, { index, s, key: nth.key, left: wanted - above - nth.above, equalIn });
  }

  /** Where the border lies among values equal to it. */
  #cutOf(kernel: KernelInstance, { ties }: TensorSelection, { index, s, key, left, equalIn }: Cutting): Border {
    const { stage, tensor } = this.#desk.stage(index);
    const threshold = valueOfKey(key);
    if (ties === "all") return { threshold, cut: tensor.elements };
    let rest = left;
    for (let i = 0; i < stage.tileCount; i += 1) {
      const equal = equalIn(i);
      if (equal >= rest) {
        const range = tileOf(stage, tensor, stage.firstTile + i);
        this.#desk.load(index, range, true);
        return { threshold, cut: kernel.positionOf(stage.level, s, key, rest, range) };
      }
      rest -= equal;
    }
    // Only NaN can be counted differently by two passes; the merge then meets it, and refuses it.
    return { threshold, cut: tensor.elements };
  }

  /** The long way: histograms of the upper, then the lower half of all keys. */
  #countAll(kernel: KernelInstance, selection: TensorSelection, { index, s }: Selecting): Border {
    const { stage, tensor } = this.#desk.stage(index);
    const wanted = wantedOf(kernel, selection, tensor);
    const eachTile = (band: Band, see: (keys: Int32Array, tile: number) => void): void => {
      for (let i = 0; i < stage.tileCount; i += 1) {
        const range = tileOf(stage, tensor, stage.firstTile + i);
        this.#desk.load(index, range, true);
        kernel.select(stage.level, s, band, range, (found) => see(found.keys, i));
      }
    };
    const uppers = new Float64Array(bins);
    eachTile(everyKey, (keys) => void addHalves(uppers, keys, upperHalf));
    const upper = binOf(uppers, wanted);
    const lowers = new Float64Array(bins);
    const band = bandBetween(keyFromHalves(upper.bin, 0), keyFromHalves(upper.bin, bins - 1));
    eachTile(band, (keys) => void addHalves(lowers, keys, lowerHalf));
    const lower = binOf(lowers, wanted - upper.above);
    const key = keyFromHalves(upper.bin, lower.bin);
    const equal = new Float64Array(stage.tileCount);
    if (selection.ties === "first")
      eachTile(bandBetween(key, key), (keys, i) => {
        equal[i] = (equal[i] ?? 0) + keys.length;
      });
    const left = wanted - upper.above - lower.above;
    return this.#cutOf(kernel, selection, { index, s, key, left, equalIn: (i) => equal[i] ?? 0 });
  }
}

interface Selecting {
  readonly index: number;
  readonly slot: number;
  readonly s: number;
}

interface Collecting extends Selecting {
  readonly range: Tile;
  readonly tile: number;
}

interface Cutting {
  readonly index: number;
  readonly s: number;
  readonly key: number;
  /** How many of the values equal to the border are kept */
  readonly left: number;
  equalIn(tile: number): number;
}

const wantedOf = (kernel: KernelInstance, { keep }: TensorSelection, { elements }: TensorJob): number =>
  Math.min(elements, Math.max(0, Math.floor(kernel.number(keep))));

export function addHalves(counts: Float64Array, keys: Int32Array, half: (key: number) => number): void {
  for (let i = 0; i < keys.length; i += 1) {
    const bin = half(keys[i] ?? 0);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
}

function countOf(keys: Int32Array, key: number): number {
  let count = 0;
  for (let i = 0; i < keys.length; i += 1) if (keys[i] === key) count += 1;
  return count;
}

/** From this share of a tensor on a value is only counted, not collected. */
const hotShare = 1 / 128;

/** Two keys between which the share of the largest values should end, from a sample: its own n-th largest, give or take `bandMargin`. */
function bandOf(sample: Int32Array, counts: readonly number[], share: number): Band {
  const size = sample.length;
  const middle = share * size;
  const rank = (n: number): number => Math.min(size, Math.max(1, Math.round(n)));
  const centre = nthLargest([sample], rank(middle));
  const margin = bandMargin(sample, counts, centre.key);
  const [upper, lower] = largestAt([sample], [rank(middle - margin), rank(middle + margin)]);
  if (upper === undefined || lower === undefined) throw new Error("Two ranks were asked for.");
  const hot = new Set([centre, upper, lower].filter(({ equal }) => equal > hotShare * size).map(({ key }) => key));
  const [hot0, hot1] = hot;
  const band = bandBetween(middle + margin > size ? everyKey.low : lower.key, middle - margin < 1 ? everyKey.high : upper.key);
  return { ...band, hot: [hot0 ?? band.hot[0], hot1 ?? band.hot[1]] };
}
