import { blockCount } from "../../expr/blocks.ts";
import { wholeSelection } from "../../expr/sample.ts";
import { outlineOf } from "../../expr/wasm/kernel.ts";
import type { Job, Stage } from "./job.ts";

/** Memory that all threads of a run see. Every field is used through Atomics, or published by one that is. */
export interface SharedState {
  /** next tile to claim · stop flag · tiles written so far · tensors finished */
  readonly control: Int32Array;
  /** Bytes read so far */
  readonly bytesRead: BigInt64Array;
  /** Per stage: unfinished tiles + 1; 0 when the stage is finished and its result published */
  readonly pending: Int32Array;
  /** Per tile: 1 when it is written */
  readonly written: Int32Array;
  /** Per stage and reduction: the combined result */
  readonly reduced: Float64Array;
  /** Per stage and selection: its threshold, and up to where values equal to it are kept */
  readonly borders: Float64Array;
  /** Per stage and selection: keys between which the next stage collects, and two that it only counts */
  readonly bands: Int32Array;
  /** Scratch of level stages under way, for `ringSlots` of them at a time */
  readonly ring: Ring;
  /** Per tile and selection of a count of ties: how many */
  readonly tileCounts: Int32Array;
  readonly sizes: Sizes;
}

/** How much a run needs of what. */
interface Sizes {
  readonly reductions: number;
  readonly selections: number;
  readonly blocks: number;
  /** Keys that one selection may collect */
  readonly keys: number;
  /** Tiles of a level stage with selections */
  readonly tiles: number;
}

interface Ring {
  /** Per reduction and block */
  readonly blockResults: Float64Array;
  /** Per selection: collected keys, in segments of a tile each */
  readonly keys: Int32Array;
  /** Per selection: keys collected so far, and whether there was no room for some */
  readonly cursors: Int32Array;
  /** Per selection and tile: `segmentInts` ints */
  readonly segments: Int32Array;
}

/** Ints that a tile leaves behind for a selection: where its keys are, how many, how many above, and of each hot key. */
export const segmentInts = 5;

export const slot = { next: 0, stop: 1, written: 2, tensors: 3 } as const;
/** Level stages that may be under way at the same time; a stage waits for the one that used its slot before. */
export const ringSlots = 3;
const mostKeys = 1 << 22;

const int32 = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * Math.max(1, length)));
const float64 = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(8 * Math.max(1, length)));
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

function sizesOf({ specs, tensors, stages }: Job): Sizes {
  const outlines = specs.map(outlineOf);
  const levelOf = ({ tensor, level }: Stage) => outlines[tensors[tensor]?.spec ?? -1]?.passes[level];
  const levels = stages.filter(({ kind }) => kind === "level");
  const reducing = levels.filter((stage) => (levelOf(stage)?.reductions.length ?? 0) > 0);
  const selecting = levels.filter((stage) => (levelOf(stage)?.selections.length ?? 0) > 0);
  const blocksOf = ({ tensor }: Stage): number => {
    const job = tensors[tensor];
    if (job === undefined) return 0;
    const byRow = outlines[job.spec ?? -1]?.program.byRow === true;
    return byRow ? (job.elements / job.columns) * blockCount(job.columns) : blockCount(job.elements);
  };
  const largest = most(selecting.map(({ tensor }) => tensors[tensor]?.elements ?? 0));
  return {
    reductions: most(reducing.map((stage) => levelOf(stage)?.reductions.length ?? 0)),
    selections: most(outlines.flatMap(({ passes }) => passes.map(({ selections }) => selections.length))),
    blocks: most(reducing.map(blocksOf)),
    keys: selecting.length === 0 ? 0 : Math.min(mostKeys, Math.max(wholeSelection, Math.ceil(largest / 16))),
    tiles: most(selecting.map(({ tileCount }) => tileCount)),
  };
}

export function createSharedState(job: Job): SharedState {
  const pending = int32(job.stages.length);
  job.stages.forEach(({ tileCount }, i) => {
    pending[i] = tileCount + 1;
  });
  const control = int32(4);
  control[slot.tensors] = job.tensors.filter(({ elements }) => elements === 0).length;
  const sizes = sizesOf(job);
  const { reductions, selections, blocks, keys, tiles } = sizes;
  const stages = job.stages.length;
  const counts = job.stages.some(({ kind }) => kind === "count");
  return {
    control,
    bytesRead: new BigInt64Array(new SharedArrayBuffer(8)),
    pending,
    written: int32(job.tileCount),
    reduced: float64(stages * reductions),
    borders: float64(stages * selections * 2),
    bands: int32(stages * selections * 4),
    ring: {
      blockResults: float64(ringSlots * reductions * blocks),
      keys: int32(ringSlots * selections * keys),
      cursors: int32(ringSlots * selections * 2),
      segments: int32(ringSlots * selections * tiles * segmentInts),
    },
    tileCounts: int32(counts ? job.tileCount * selections : 0),
    sizes,
  };
}

export const isStopped = ({ control }: SharedState): boolean => Atomics.load(control, slot.stop) !== 0;

/** Tells every thread to leave after the tile it is working on. */
export function stop({ control, pending }: SharedState): void {
  Atomics.store(control, slot.stop, 1);
  for (let i = 0; i < pending.length; i += 1) Atomics.notify(pending, i);
  Atomics.notify(control, slot.written);
}

/** Blocks until a stage is finished. @returns false when the run was stopped */
export function waitForStage(state: SharedState, stage: number): boolean {
  for (;;) {
    const left = Atomics.load(state.pending, stage);
    if (left === 0) return true;
    if (isStopped(state)) return false;
    Atomics.wait(state.pending, stage, left, 200);
  }
}

/** Counts a tile of a stage as done; `publish` runs once, in the thread that finished the last one, before waiters go on. */
export function finishTile(state: SharedState, stage: number, publish: () => void): void {
  if (Atomics.sub(state.pending, stage, 1) !== 2) return;
  publish();
  Atomics.store(state.pending, stage, 0);
  Atomics.notify(state.pending, stage);
}

/** Tensors of a job whose results have been written completely, by index. */
export function finishedTensors({ stages }: Job, { pending }: SharedState): number[] {
  return stages.flatMap(({ kind, tensor }, i) =>
    (kind === "merge" || kind === "copy") && Atomics.load(pending, i) === 0 ? [tensor] : [],
  );
}
