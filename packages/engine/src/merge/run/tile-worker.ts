import { readSync, writeSync } from "node:fs";
import { blockCount, blockElements, combineBlocks } from "../../expr/blocks.ts";
import { instantiate, type KernelInstance, type KernelMemory, kernelMemory } from "../../expr/wasm/kernel.ts";
import { type Dtype, dtypes, isArithmetic } from "../../tensor/dtype.ts";
import { firstNonFinite } from "../../tensor/non-finite.ts";
import type { Job, Stage, TensorJob } from "./job.ts";
import {
  finishTile,
  isStopped,
  maxBlocks,
  maxReductions,
  ringSlots,
  type SharedState,
  slot,
  stop,
  waitForStage,
} from "./shared-state.ts";

/** Why a tile could not be merged. `input` is the index of the model among base and parents. */
type TileProblem =
  | { readonly kind: "non-finite"; readonly input: number; readonly element: number }
  | { readonly kind: "overflow"; readonly dtype: Dtype }
  | { readonly kind: "unequal"; readonly input: number }
  | { readonly kind: "io"; readonly path: string; readonly code: string; readonly message: string };

export interface TileFault {
  readonly tile: number;
  readonly tensor: string;
  readonly problem: TileProblem;
}

class TileError extends Error {
  readonly problem: TileProblem;
  constructor(problem: TileProblem) {
    super(problem.kind);
    this.problem = problem;
  }
}

/**
 * One worker's share of a run: claims tiles until none are left or the run is stopped. Bytes go from the file straight into the
 * kernel's memory and from there straight into the output; no tensor crosses threads.
 * @param between called before each claim; while it returns true it is called again, so other work goes first
 * @returns the fault that ended it, or null
 */
export function workTiles(job: Job, state: SharedState, between: () => boolean): TileFault | null {
  const worker = new TileWorker(job, state);
  while (!isStopped(state)) {
    if (between()) continue;
    const tile = Atomics.add(state.control, slot.next, 1);
    if (tile >= job.tileCount) return null;
    const stage = stageOf(job.stages, tile);
    try {
      worker.work(stage, tile);
    } catch (error) {
      stop(state);
      if (!(error instanceof TileError)) throw error;
      const tensor = job.tensors[job.stages[stage]?.tensor ?? 0]?.name ?? "";
      return { tile, tensor, problem: error.problem };
    }
  }
  return null;
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

class TileWorker {
  readonly #job: Job;
  readonly #state: SharedState;
  readonly #memory: KernelMemory;
  readonly #kernels = new Map<number, KernelInstance>();
  readonly #reductions: number;
  readonly #blocks: number;
  /** Reducing stages in order, and the place of each in that order */
  readonly #reducing: readonly number[];
  readonly #ordinals: ReadonlyMap<number, number>;

  constructor(job: Job, state: SharedState) {
    this.#job = job;
    this.#state = state;
    this.#memory = kernelMemory(job.inputCount, job.tileBytes);
    this.#reductions = maxReductions(job);
    this.#blocks = maxBlocks(job);
    this.#reducing = job.stages.flatMap(({ kind }, i) => (kind === "reduce" ? [i] : []));
    this.#ordinals = new Map(this.#reducing.map((stage, ordinal) => [stage, ordinal]));
  }

  work(index: number, tile: number): void {
    const stage = this.#job.stages[index];
    const tensor = stage === undefined ? undefined : this.#job.tensors[stage.tensor];
    if (stage === undefined || tensor === undefined) return;
    const begin = (tile - stage.firstTile) * stage.tileElements;
    const count = Math.min(stage.tileElements, tensor.elements - begin);
    if (stage.kind === "reduce") {
      this.#reduce({ index, tensor, begin, count });
      return;
    }
    if (stage.after >= 0 && !waitForStage(this.#state, stage.after)) return;
    this.#read(tensor, begin, count);
    if (stage.kind === "copy") this.#checkEqual(tensor, count);
    else this.#merge(tensor, stage.after, { begin, count });
    this.#write(tensor, begin, count, stage.kind === "copy" ? this.#memory.input(0) : this.#memory.output);
    this.#announce(index, tile);
  }

  #reduce({ index, tensor, begin, count }: { index: number; tensor: TensorJob; begin: number; count: number }): void {
    // The slot of the ring was last used `ringSlots` reducing stages ago; that stage must have been combined.
    const ordinal = this.#ordinals.get(index) ?? 0;
    const previous = this.#reducing[ordinal - ringSlots];
    if (previous !== undefined && !waitForStage(this.#state, previous)) return;
    this.#read(tensor, begin, count);
    const sums = this.#kernel(tensor).reduce(count);
    for (const [r, blocks] of sums.entries()) this.#state.blockSums.set(blocks, this.#ring(ordinal, r) + begin / blockElements);
    finishTile(this.#state, index, () => {
      const total = blockCount(tensor.elements);
      for (let r = 0; r < sums.length; r += 1) {
        const from = this.#ring(ordinal, r);
        this.#state.reduced[index * this.#reductions + r] = combineBlocks(this.#state.blockSums.subarray(from, from + total));
      }
    });
  }

  #ring(ordinal: number, reduction: number): number {
    return ((ordinal % ringSlots) * this.#reductions + reduction) * this.#blocks;
  }

  #merge(tensor: TensorJob, after: number, { begin, count }: { begin: number; count: number }): void {
    const kernel = this.#kernel(tensor);
    const from = after * this.#reductions;
    kernel.setNumbers(after < 0 ? [] : [...this.#state.reduced.subarray(from, from + this.#reductions)]);
    if (kernel.merge(count)) return;
    for (const [input, { dtype }] of tensor.inputs.entries()) {
      const element = isArithmetic(dtype) ? firstNonFinite(dtype, this.#memory.input(input), count) : -1;
      if (element >= 0) throw new TileError({ kind: "non-finite", input, element: begin + element });
    }
    throw new TileError({ kind: "overflow", dtype: tensor.output.dtype });
  }

  #checkEqual(tensor: TensorJob, count: number): void {
    const bytes = count * dtypes[tensor.output.dtype].sizeBytes;
    const first = this.#memory.input(0).subarray(0, bytes);
    for (let input = 1; input < tensor.inputs.length; input += 1) {
      if (Buffer.compare(first, this.#memory.input(input).subarray(0, bytes)) !== 0) {
        throw new TileError({ kind: "unequal", input });
      }
    }
  }

  #kernel(tensor: TensorJob): KernelInstance {
    const index = tensor.kernel ?? 0;
    const known = this.#kernels.get(index);
    if (known !== undefined) return known;
    const kernel = this.#job.kernels[index];
    if (kernel === undefined) throw new Error(`There is no kernel ${index}.`);
    const instance = instantiate(kernel, this.#memory);
    this.#kernels.set(index, instance);
    return instance;
  }

  #read(tensor: TensorJob, begin: number, count: number): void {
    let total = 0;
    for (const [k, { file, position, dtype }] of tensor.inputs.entries()) {
      const size = dtypes[dtype].sizeBytes;
      const tile = this.#memory.input(k).subarray(0, count * size);
      const { fd, path } = this.#job.inputs[file] ?? { fd: -1, path: "" };
      transfer(path, tile.length, (done) => readSync(fd, tile, done, tile.length - done, position + begin * size + done));
      total += tile.length;
    }
    Atomics.add(this.#state.bytesRead, 0, BigInt(total));
  }

  #write(tensor: TensorJob, begin: number, count: number, from: Uint8Array): void {
    const { file, position, dtype } = tensor.output;
    const size = dtypes[dtype].sizeBytes;
    const tile = from.subarray(0, count * size);
    const { fd, path } = this.#job.outputs[file] ?? { fd: -1, path: "" };
    transfer(path, tile.length, (done) => writeSync(fd, tile, done, tile.length - done, position + begin * size + done));
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

/** Repeats a partial read or write until all bytes are moved. */
function transfer(path: string, bytes: number, step: (done: number) => number): void {
  let done = 0;
  while (done < bytes) {
    let moved: number;
    try {
      moved = step(done);
    } catch (error) {
      const { code = "UNKNOWN", message } = error as NodeJS.ErrnoException;
      throw new TileError({ kind: "io", path, code, message });
    }
    if (moved === 0)
      throw new TileError({ kind: "io", path, code: "SHORT", message: "the file became shorter while it was read" });
    done += moved;
  }
}
