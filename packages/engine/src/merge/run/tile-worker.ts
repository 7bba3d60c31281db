import { writeSync } from "node:fs";
import { lowerHalf, upperHalf } from "../../expr/nth-largest.ts";
import type { Band, Tile } from "../../expr/wasm/kernel-instance.ts";
import { isArithmetic } from "../../tensor/dtype.ts";
import { firstNonFinite } from "../../tensor/non-finite.ts";
import type { Job, Stage, TensorJob } from "./job.ts";
import { KernelDesk, runsOf } from "./kernel-desk.ts";
import { addHalves, LevelWork, tileOf } from "./level-work.ts";
import { arrivalType, sizeOf } from "./read-source.ts";
import { finishTile, isStopped, type SharedState, slot, stop, waitForStage } from "./shared-state.ts";
import { TensorPreparer } from "./tensor-preparer.ts";
import { TileError, type TileProblem, transfer } from "./transfer.ts";

export interface TileFault {
  readonly tile: number;
  readonly tensor: string;
  readonly problem: TileProblem;
}

/** Keys that a count stage looks at, for each selection, and what it notes of them. */
export interface Counting {
  readonly bands: readonly Band[];
  /** Histogram of their upper or lower halves; ties: how many there are in each tile */
  readonly note: "upper" | "lower" | "ties";
}

const bins = 1 << 16;

/**
 * One worker's share of a run: claims tiles until none are left or the run is stopped. Bytes go from the file straight into the
 * kernel's memory and from there straight into the output; no tensor crosses threads.
 */
export class TileWorker {
  readonly desk: KernelDesk;
  /** Counts of half keys, for each selection of a count */
  readonly histograms: Float64Array[];
  /** Index of each tensor that it has prepared, and what was found about it */
  readonly prepared: [tensor: number, numbers: Readonly<Record<string, number>>][] = [];
  readonly #preparer: TensorPreparer;
  readonly #job: Job;
  readonly #state: SharedState;
  readonly #levels: LevelWork;
  readonly #counting: Counting | null;

  constructor(job: Job, state: SharedState, counting: Counting | null = null) {
    this.#job = job;
    this.#state = state;
    this.#counting = counting;
    this.desk = new KernelDesk(job, state);
    this.#levels = new LevelWork(this.desk);
    this.#preparer = new TensorPreparer(this.desk);
    this.histograms = counting === null || counting.note === "ties" ? [] : counting.bands.map(() => new Float64Array(bins));
  }

  /**
   * @param between called before each claim; while it returns true it is called again, so other work goes first
   * @returns the fault that ended it, or null
   */
  run(between: () => boolean): TileFault | null {
    while (!isStopped(this.#state)) {
      if (between()) continue;
      const tile = Atomics.add(this.#state.control, slot.next, 1);
      if (tile >= this.#job.tileCount) return null;
      const index = stageOf(this.#job.stages, tile);
      try {
        this.#work(index, tile);
      } catch (error) {
        stop(this.#state);
        if (!(error instanceof TileError)) throw error;
        return { tile, tensor: this.desk.stage(index).tensor.name, problem: error.problem };
      }
    }
    return null;
  }

  #work(index: number, tile: number): void {
    const { stage, tensor } = this.desk.stage(index);
    if (stage.previous >= 0 && !waitForStage(this.#state, stage.previous)) return;
    const range = tileOf(stage, tensor, tile);
    switch (stage.kind) {
      case "sample":
        this.#levels.sample(index);
        finishTile(this.#state, index, () => {});
        break;
      case "level":
        if (!this.#levels.awaitRoom(index)) return;
        this.desk.load(index, range);
        this.#levels.look(index, range, tile);
        finishTile(this.#state, index, () => this.#levels.conclude(index));
        break;
      case "count":
        this.desk.load(index, range);
        this.#count(index, range, tile);
        finishTile(this.#state, index, () => {});
        break;
      case "prepare":
        this.prepared.push([stage.tensor, this.#preparer.prepare(tensor)]);
        finishTile(this.#state, index, () => {});
        break;
      default:
        this.desk.load(index, range);
        this.#produce(index, stage, tensor, range);
        this.#announce(index, tile);
    }
    this.desk.publishReads();
  }

  #count(index: number, range: Tile, tile: number): void {
    const kernel = this.desk.enter(index);
    const { tileCounts, sizes } = this.#state;
    this.#counting?.bands.forEach((band, s) => {
      kernel.select(0, s, band, range, ({ keys }) => {
        const histogram = this.histograms[s];
        if (histogram !== undefined) addHalves(histogram, keys, this.#counting?.note === "upper" ? upperHalf : lowerHalf);
        else tileCounts[tile * sizes.selections + s] = (tileCounts[tile * sizes.selections + s] ?? 0) + keys.length;
      });
    });
  }

  #produce(index: number, { kind }: Stage, tensor: TensorJob, range: Tile): void {
    if (kind === "copy") {
      this.#checkEqual(tensor, range.count);
      this.#write(tensor, range, this.desk.memory.input(0), false);
      return;
    }
    const kernel = this.desk.enter(index);
    if (!kernel.merge(range)) throw this.#explainAlarm(tensor, range, kernel.byRow);
    this.#write(tensor, range, this.desk.memory.output, kernel.byRow);
  }

  #explainAlarm(tensor: TensorJob, range: Tile, byRow: boolean): TileError {
    for (const [input, source] of tensor.inputs.entries()) {
      const type = arrivalType(source);
      if (type === "BITS" || !isArithmetic(type)) continue;
      for (const { at, begin, count } of runsOf(tensor, range, byRow)) {
        const element = firstNonFinite(type, this.desk.memory.input(input).subarray(sizeOf(type, at)), count);
        if (element >= 0) return new TileError({ kind: "non-finite", input, element: begin + element });
      }
    }
    return new TileError({ kind: "overflow", dtype: tensor.output?.type ?? "F32" });
  }

  #checkEqual(tensor: TensorJob, count: number): void {
    const bytes = sizeOf(tensor.output?.type ?? "U8", count);
    const first = this.desk.memory.input(0).subarray(0, bytes);
    for (let input = 1; input < tensor.inputs.length; input += 1) {
      if (Buffer.compare(first, this.desk.memory.input(input).subarray(0, bytes)) !== 0)
        throw new TileError({ kind: "unequal", input });
    }
  }

  #write(tensor: TensorJob, range: Tile, from: Uint8Array, byRow: boolean): void {
    const { output } = tensor;
    if (output === null) return;
    const { file, position, type } = output;
    const { fd, path } = this.#job.outputs[file] ?? { fd: -1, path: "" };
    for (const { at, begin, count } of runsOf(tensor, range, byRow)) {
      const tile = from.subarray(sizeOf(type, at), sizeOf(type, at) + sizeOf(type, count));
      if (type === "BITS") clearSpareBits(tile, count);
      const place = position + sizeOf(type, begin);
      transfer(path, tile.length, (done) => writeSync(fd, tile, done, tile.length - done, place + done));
    }
  }

  /** Lets the hashing thread and the progress report see a finished tile. */
  #announce(index: number, tile: number): void {
    const { control, written } = this.#state;
    Atomics.store(written, tile, 1);
    Atomics.add(control, slot.written, 1);
    Atomics.notify(control, slot.written);
    finishTile(this.#state, index, () => Atomics.add(control, slot.tensors, 1));
  }
}

/** Bits behind the last element are copies of it until here. */
function clearSpareBits(bytes: Uint8Array, count: number): void {
  if (count % 8 !== 0) bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) & ((1 << (count % 8)) - 1);
}

/** Index of the stage that holds a tile: the last whose first tile is not after it. */
function stageOf(stages: readonly Stage[], tile: number): number {
  let [low, high] = [0, stages.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((stages[middle]?.firstTile ?? 0) <= tile) low = middle;
    else high = middle - 1;
  }
  return low;
}
