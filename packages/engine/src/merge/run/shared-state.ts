import { blockCount } from "../../expr/blocks.ts";
import type { Job } from "./job.ts";

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
  /** Block sums of the tensors being reduced: a ring of `ringSlots` tensors × reductions × blocks */
  readonly blockSums: Float64Array;
  /** Per stage and reduction: the combined sum */
  readonly reduced: Float64Array;
}

export const slot = { next: 0, stop: 1, written: 2, tensors: 3 } as const;
/** Reducing stages that may be under way at the same time; a stage waits for the one that used its slot before. */
export const ringSlots = 4;

const int32 = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * Math.max(1, length)));
const float64 = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(8 * Math.max(1, length)));

export const maxReductions = (job: Job): number => Math.max(0, ...job.kernels.map(({ reductions }) => reductions.length));

/** Blocks of the largest tensor that is reduced. */
export const maxBlocks = (job: Job): number =>
  job.stages.reduce(
    (most, { kind, tensor }) => (kind === "reduce" ? Math.max(most, blockCount(job.tensors[tensor]?.elements ?? 0)) : most),
    0,
  );

export function createSharedState(job: Job): SharedState {
  const pending = int32(job.stages.length);
  job.stages.forEach(({ tileCount }, i) => {
    pending[i] = tileCount + 1;
  });
  const control = int32(4);
  control[slot.tensors] = job.tensors.filter(({ elements }) => elements === 0).length;
  return {
    control,
    bytesRead: new BigInt64Array(new SharedArrayBuffer(8)),
    pending,
    written: int32(job.tileCount),
    blockSums: float64(ringSlots * maxReductions(job) * maxBlocks(job)),
    reduced: float64(job.stages.length * maxReductions(job)),
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
