import { wholeSelection } from "../../expr/sample.ts";
import { type KernelSpec, outlineOf, tileElementsOf } from "../../expr/wasm/kernel.ts";
import { strideOf } from "../../expr/wasm/kernel-instance.ts";
import type { MemoryShape } from "../../expr/wasm/layout.ts";
import type { Dtype } from "../../tensor/dtype.ts";
import type { Values } from "../define-method.ts";
import type { PreparedParent } from "../planned.ts";
import type { ComputationName } from "../prepare/computations.ts";
import type { MergeState } from "../prepare/whole-tensor.ts";
import type { RowMap } from "../tokenizer/row-map.ts";

/** Work that the threads of a run share; plain data, cloned into each of them once. File descriptors belong to the process. */
export interface Job {
  /** Open files that tensors are read from and written to */
  readonly inputs: readonly { readonly path: string; readonly fd: number }[];
  readonly outputs: readonly OutputFile[];
  readonly specs: readonly KernelSpec[];
  readonly shape: MemoryShape;
  readonly tensors: readonly TensorJob[];
  readonly stages: readonly Stage[];
  readonly tileCount: number;
  readonly seed: number;
}

interface OutputFile {
  readonly path: string;
  readonly fd: number;
  readonly sizeBytes: number;
}

export type SourceType = Dtype | "BITS";

/** A tensor as it is stored. */
export interface StoredSource {
  readonly kind: "stored";
  readonly file: number;
  readonly position: number;
  readonly dtype: SourceType;
}

/** The weight of a linear layer with an adapter baked in while it is read: F32. */
export interface AdaptedSource {
  readonly kind: "adapted";
  readonly weight: StoredSource;
  readonly rows: number;
  readonly columns: number;
  readonly rank: number;
  readonly scale: number;
  /** A [rank, in] and B [out, rank]; the weight is [out, in], or its transpose */
  readonly a: StoredSource;
  readonly b: StoredSource;
  readonly isTransposed: boolean;
}

/** Rows of embeddings brought into the order of another vocabulary: F32. */
export interface GatheredSource {
  readonly kind: "gathered";
  readonly map: RowMap;
  /** Elements of a row */
  readonly columns: number;
  /** By model; null where no row is taken from it */
  readonly matrices: readonly (StoredSource | null)[];
  /** The model that this source is of, and the rows of its matrix */
  readonly model: number;
  readonly rows: number;
  /** For rows that belong to no token; null when there are none */
  readonly mean: Float32Array | null;
}

export type Source = StoredSource | AdaptedSource | GatheredSource;

/** A computation on all of a tensor; its result, in F32, is the output. */
export interface Preparing {
  readonly computation: ComputationName;
  readonly shape: readonly number[];
  /** Whether the first input is the base; then come the parents, then what was measured of them */
  readonly hasBase: boolean;
  readonly parents: readonly PreparedParent[];
  readonly params: Values;
  readonly state: MergeState | null;
}

export interface TensorJob {
  readonly name: string;
  /** Index into `specs`; null: copied */
  readonly spec: number | null;
  readonly elements: number;
  /** Elements of a row */
  readonly columns: number;
  readonly inputs: readonly Source[];
  /** null: the tensor is only measured */
  readonly output: { readonly file: number; readonly position: number; readonly type: SourceType } | null;
  /** What surveys have found */
  readonly measured: Readonly<Record<string, number>>;
  /** In stages of kind prepare */
  readonly preparing?: Preparing;
}

/**
 * A pass over a tensor, cut into tiles. sample: one tile that looks at a small part, to know roughly where selections will end;
 * level: statistics; count: keys of selections over the whole model; merge: the result; copy: an equality check and the bytes;
 * prepare: a computation on the whole tensor as one tile.
 */
export interface Stage {
  readonly tensor: number;
  readonly kind: "sample" | "level" | "count" | "merge" | "copy" | "prepare";
  readonly level: number;
  readonly firstTile: number;
  readonly tileCount: number;
  readonly tileElements: number;
  /** The stage of the same tensor that must be over before, or -1 */
  readonly previous: number;
  /** How many stages of kind level come before */
  readonly ordinal: number;
}

export interface StagePlan {
  readonly stages: readonly Stage[];
  readonly tileCount: number;
}

interface Step {
  readonly kind: Stage["kind"];
  readonly level: number;
  readonly tileElements: number;
  readonly tileCount: number;
}

/** The passes of each tensor. */
function stepsOf(job: TensorJob, specs: readonly KernelSpec[], tileBytes: number): Step[] {
  if (job.elements === 0) return [];
  const spec = job.spec === null ? null : specs[job.spec];
  if (spec == null) {
    const tileElements = Math.max(1, Math.floor(tileBytes / 8));
    return [{ kind: "copy", level: 0, tileElements, tileCount: Math.ceil(job.elements / tileElements) }];
  }
  const { program } = outlineOf(spec);
  const tileElements = elementsOfTile(job, spec, tileBytes, program.byRow);
  const tileCount = Math.ceil(job.elements / tileElements);
  const steps = program.levels.flatMap(({ selections }, level): Step[] => [
    ...(selections.length > 0 && job.elements > wholeSelection
      ? [{ kind: "sample" as const, level, tileElements: job.elements, tileCount: 1 }]
      : []),
    { kind: "level", level, tileElements, tileCount },
  ]);
  if (spec.output !== null) steps.push({ kind: "merge", level: program.levels.length, tileElements, tileCount });
  return steps;
}

/** Whole blocks, or whole rows where rows matter. */
function elementsOfTile({ columns }: TensorJob, spec: KernelSpec, tileBytes: number, byRow: boolean): number {
  const most = tileElementsOf(spec, tileBytes);
  return byRow ? Math.max(1, Math.floor(most / strideOf(columns))) * columns : most;
}

/**
 * Orders the work. Tiles are numbered through all stages and claimed in that order; the j-th pass of a tensor stands beside the
 * first pass of the j-th tensor after it, so that workers seldom wait for the pass before.
 */
export function planStages(tensors: readonly TensorJob[], specs: readonly KernelSpec[], shape: MemoryShape): StagePlan {
  const steps = tensors.map((tensor) => stepsOf(tensor, specs, shape.tileBytes));
  const longest = steps.reduce((most, { length }) => Math.max(most, length), 0);
  const stages: Stage[] = [];
  const last = new Map<number, number>();
  let [tileCount, ordinal] = [0, 0];
  for (let turn = 0; turn < tensors.length + longest - 1; turn += 1) {
    for (let j = longest - 1; j >= 0; j -= 1) {
      const tensor = turn - j;
      const step = steps[tensor]?.[j];
      if (step === undefined) continue;
      stages.push({ tensor, ...step, firstTile: tileCount, previous: last.get(tensor) ?? -1, ordinal });
      last.set(tensor, stages.length - 1);
      tileCount += step.tileCount;
      if (step.kind === "level") ordinal += 1;
    }
  }
  return { stages, tileCount };
}

/** The one pass of a survey that counts the keys of selections over the whole model. */
export function planCounts(tensors: readonly TensorJob[], specs: readonly KernelSpec[], shape: MemoryShape): StagePlan {
  const stages: Stage[] = [];
  let tileCount = 0;
  tensors.forEach((job, tensor) => {
    const spec = job.spec === null ? undefined : specs[job.spec];
    if (spec === undefined || job.elements === 0) return;
    const tileElements = elementsOfTile(job, spec, shape.tileBytes, outlineOf(spec).program.byRow);
    const tiles = Math.ceil(job.elements / tileElements);
    stages.push({
      tensor,
      kind: "count",
      level: 0,
      firstTile: tileCount,
      tileCount: tiles,
      tileElements,
      previous: -1,
      ordinal: 0,
    });
    tileCount += tiles;
  });
  return { stages, tileCount };
}

/** One tile for each tensor, the largest first, so that no thread is left alone with one at the end. */
export function planPreparations(tensors: readonly TensorJob[]): StagePlan {
  const order = tensors
    .map((_, tensor) => tensor)
    .sort((a, b) => (tensors[b]?.elements ?? 0) - (tensors[a]?.elements ?? 0) || a - b);
  const stages = order.map((tensor, firstTile): Stage => {
    const { elements = 0 } = tensors[tensor] ?? {};
    return { tensor, kind: "prepare", level: 0, firstTile, tileCount: 1, tileElements: elements, previous: -1, ordinal: 0 };
  });
  return { stages, tileCount: stages.length };
}
