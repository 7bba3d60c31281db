import type { Kernel } from "../../expr/wasm/kernel.ts";
import type { Dtype } from "../../tensor/dtype.ts";

/** Work that the threads of a run share; plain data, cloned into each of them once. File descriptors belong to the process. */
export interface Job {
  /** Open files that tensors are read from and written to */
  readonly inputs: readonly { readonly path: string; readonly fd: number }[];
  readonly outputs: readonly OutputFile[];
  readonly kernels: readonly Kernel[];
  readonly tensors: readonly TensorJob[];
  readonly stages: readonly Stage[];
  readonly tileCount: number;
  /** Most inputs that any tensor has */
  readonly inputCount: number;
  readonly tileBytes: number;
}

interface OutputFile {
  readonly path: string;
  readonly fd: number;
  readonly sizeBytes: number;
}

export interface TensorJob {
  readonly name: string;
  /** Index into `kernels`; null: copied */
  readonly kernel: number | null;
  readonly elements: number;
  readonly inputs: readonly { readonly file: number; readonly position: number; readonly dtype: Dtype }[];
  readonly output: { readonly file: number; readonly position: number; readonly dtype: Dtype };
}

/**
 * A pass over a tensor, cut into tiles. Tiles are numbered through all stages and claimed in that order. A tensor with reductions
 * has two stages; the reducing stage of the next tensor comes before the merging stage of this one, so that workers seldom wait.
 */
export interface Stage {
  readonly tensor: number;
  readonly kind: "reduce" | "merge" | "copy";
  readonly firstTile: number;
  readonly tileCount: number;
  readonly tileElements: number;
  /** The reducing stage that a merging stage waits for, or -1 */
  readonly after: number;
}

export interface StagePlan {
  readonly stages: readonly Stage[];
  readonly tileCount: number;
}

/** Orders the work. `tileElements` of a copied tensor counts elements of its own type. */
export function planStages(
  tensors: readonly TensorJob[],
  kernels: readonly Kernel[],
  copyElements: (tensor: TensorJob) => number,
): StagePlan {
  const stages: Stage[] = [];
  let tileCount = 0;
  const push = (tensor: number, kind: Stage["kind"], after: number): number => {
    const job = tensors[tensor];
    if (job === undefined || job.elements === 0) return -1;
    const tileElements = job.kernel === null ? copyElements(job) : (kernels[job.kernel]?.tileElements ?? job.elements);
    const tiles = Math.ceil(job.elements / tileElements);
    stages.push({ tensor, kind, firstTile: tileCount, tileCount: tiles, tileElements, after });
    tileCount += tiles;
    return stages.length - 1;
  };
  // A merge that waits for its reduction is put off until one more stage has been pushed.
  let waiting: (() => void) | null = null;
  tensors.forEach((job, tensor) => {
    const reduces = job.kernel !== null && (kernels[job.kernel]?.reductions.length ?? 0) > 0;
    const after = reduces ? push(tensor, "reduce", -1) : -1;
    waiting?.();
    waiting = null;
    if (after >= 0) waiting = () => push(tensor, "merge", after);
    else push(tensor, job.kernel === null ? "copy" : "merge", -1);
  });
  (waiting as (() => void) | null)?.();
  return { stages, tileCount };
}
