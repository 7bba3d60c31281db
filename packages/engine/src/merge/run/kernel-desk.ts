import type { RandomKey } from "../../expr/random.ts";
import { compileKernel, type KernelMemory, kernelMemory, outlineOf } from "../../expr/wasm/kernel.ts";
import { type Border, KernelInstance, strideOf, type TensorFacts, type Tile } from "../../expr/wasm/kernel-instance.ts";
import type { Job, Source, Stage, TensorJob } from "./job.ts";
import { arrivalType, SourceReader, sizeOf } from "./read-source.ts";
import type { SharedState } from "./shared-state.ts";
import { streamKey } from "./stream-key.ts";

const notFound: Border = { threshold: Number.NaN, cut: -1 };

/** A worker's kernels and tiles: compiles what a stage needs, sets what is known of its tensor, and loads parts of it. */
export class KernelDesk {
  readonly job: Job;
  readonly state: SharedState;
  readonly memory: KernelMemory;
  readonly #reader: SourceReader;
  /** For reads that are no pass over the inputs: content for random keys, a tile looked at once more */
  readonly #aside: SourceReader;
  readonly #instances = new Map<number, KernelInstance>();
  /** Level stages of each tensor, by level */
  readonly #levels = new Map<number, number[]>();
  readonly #keys = new Map<string, RandomKey>();
  #entered = -1;
  #published = 0;

  constructor(job: Job, state: SharedState) {
    this.job = job;
    this.state = state;
    this.memory = kernelMemory(job.shape);
    this.#reader = new SourceReader(job.inputs);
    this.#aside = new SourceReader(job.inputs);
    job.stages.forEach(({ tensor, kind, level }, index) => {
      if (kind !== "level") return;
      const levels = this.#levels.get(tensor) ?? [];
      levels[level] = index;
      this.#levels.set(tensor, levels);
    });
  }

  stage(index: number): { readonly stage: Stage; readonly tensor: TensorJob } {
    const stage = this.job.stages[index];
    const tensor = this.job.tensors[stage?.tensor ?? -1];
    if (stage === undefined || tensor === undefined) throw new Error(`There is no stage ${index}.`);
    return { stage, tensor };
  }

  /** The kernel of a stage, with everything set that earlier stages have found about its tensor. */
  enter(index: number): KernelInstance {
    const { stage, tensor } = this.stage(index);
    const instance = this.#instanceOf(tensor.spec ?? -1);
    if (this.#entered !== index) instance.begin(this.#factsOf(stage.tensor, tensor));
    this.#entered = index;
    return instance;
  }

  /** Fills the input tiles with a part of the stage's tensor. `aside`: not counted as progress. */
  load(index: number, tile: Tile, aside = false): void {
    const { tensor } = this.stage(index);
    const reader = aside ? this.#aside : this.#reader;
    if (tensor.spec === null) {
      tensor.inputs.forEach((source, k) => void reader.read(source, this.memory.input(k), tile.begin, tile.count));
      return;
    }
    const kernel = this.enter(index);
    for (const { at, begin, count } of runsOf(tensor, tile, kernel.byRow))
      tensor.inputs.forEach((source, k) => {
        const from = sizeOf(arrivalType(source), at);
        reader.read(source, this.memory.input(k).subarray(from), begin, count);
      });
    kernel.pad(tile);
  }

  /** All of a tensor, as it arrives. */
  whole(source: Source, elements: number): Uint8Array {
    const bytes = new Uint8Array(sizeOf(arrivalType(source), elements));
    this.#reader.read(source, bytes, 0, elements);
    return bytes;
  }

  /** Adds what has been read since the last call to the run's progress. */
  publishReads(): void {
    const { bytes } = this.#reader;
    if (bytes > this.#published) Atomics.add(this.state.bytesRead, 0, BigInt(bytes - this.#published));
    this.#published = bytes;
  }

  #instanceOf(spec: number): KernelInstance {
    let instance = this.#instances.get(spec);
    if (instance === undefined) {
      const outline = this.job.specs[spec];
      if (outline === undefined) throw new Error(`There is no kernel ${spec}.`);
      instance = new KernelInstance(compileKernel(outlineOf(outline), this.job.shape), this.memory);
      this.#instances.set(spec, instance);
    }
    return instance;
  }

  #factsOf(index: number, tensor: TensorJob): TensorFacts {
    const { reduced, borders, sizes, pending } = this.state;
    const stages = this.#levels.get(index) ?? [];
    const finished = (level: number): number | null => {
      const stage = stages[level];
      return stage !== undefined && Atomics.load(pending, stage) === 0 ? stage : null;
    };
    return {
      elements: tensor.elements,
      columns: tensor.columns,
      measured: (name) => tensor.measured[name] ?? Number.NaN,
      reduced: (level, r) => {
        const stage = finished(level);
        return stage === null ? Number.NaN : (reduced[stage * sizes.reductions + r] ?? Number.NaN);
      },
      border: (level, s) => {
        const stage = finished(level);
        if (stage === null) return notFound;
        const at = 2 * (stage * sizes.selections + s);
        return { threshold: borders[at] ?? Number.NaN, cut: borders[at + 1] ?? -1 };
      },
      key: (stream) => this.#keyOf(index, tensor, stream),
    };
  }

  #keyOf(index: number, tensor: TensorJob, stream: number): RandomKey {
    const name = `${index} ${stream}`;
    const key = this.#keys.get(name) ?? streamKey(this.job.seed, tensor, stream, this.#aside);
    this.#keys.set(name, key);
    return key;
  }
}

/** Stretches of a tile that lie together in memory: all of it, or its rows where they are padded. */
export function runsOf({ columns }: TensorJob, { begin, count }: Tile, byRow: boolean) {
  const stride = strideOf(columns);
  if (!byRow || stride === columns) return [{ at: 0, begin, count }];
  return Array.from({ length: count / columns }, (_, row) => ({
    at: row * stride,
    begin: begin + row * columns,
    count: columns,
  }));
}
