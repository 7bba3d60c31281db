import { outlineOf, shapeFor } from "../../expr/wasm/kernel.ts";
import { strideOf } from "../../expr/wasm/kernel-instance.ts";
import { wholeTileBytes } from "../../expr/wasm/layout.ts";
import type { AdapterTensor } from "../adapters/index.ts";
import { SpecList } from "../kernel-specs.ts";
import type { OpenModel } from "../open-model.ts";
import type { Gather, Plan, PlannedInput, PlannedSource } from "../planned.ts";
import type { OpenStatistic } from "../statistics/open-statistic.ts";
import {
  type AdaptedSource,
  type GatheredSource,
  type Job,
  planStages,
  type Source,
  type StagePlan,
  type StoredSource,
  type TensorJob,
} from "./job.ts";
import type { OutputLayout } from "./output-layout.ts";

interface OpenFile {
  readonly path: string;
  readonly fd: number;
}

/** What a survey has found of a source, by the source's name. */
export type Findings = ReadonlyMap<string, Readonly<Record<string, number>>>;

export interface JobParts {
  readonly plan: Plan;
  /** Base first when there is one */
  readonly models: readonly OpenModel[];
  /** In the order of the plan */
  readonly statistics: readonly OpenStatistic[];
  /** Files of the models, in the order of models and of their files, of statistics, and the scratch file if there is one */
  readonly inputs: readonly OpenFile[];
  /** Where on the scratch file the prepared tensors begin, by their name in the result */
  readonly prepared?: ReadonlyMap<string, number> | undefined;
  /** Means of matrices, by `meanKey` */
  readonly means?: ReadonlyMap<string, Float32Array> | undefined;
  readonly tileBytes: number;
}

/** Names the mean of a matrix. */
export const meanKey = (model: number, tensor: string): string => `${model} ${tensor}`;

/** Where the tensors of the models are, as sources of a job. */
export class SourceFinder {
  readonly #models: readonly OpenModel[];
  readonly #firstFile: readonly number[];
  readonly #statistics: readonly OpenStatistic[];
  readonly #prepared: JobParts["prepared"];
  readonly #means: JobParts["means"];

  constructor({
    models,
    statistics = [],
    prepared,
    means,
  }: Pick<JobParts, "models" | "prepared" | "means"> & Partial<Pick<JobParts, "statistics">>) {
    this.#models = models;
    this.#statistics = statistics;
    this.#prepared = prepared;
    this.#means = means;
    this.#firstFile = models.map((_, k) => models.slice(0, k).reduce((count, { files }) => count + files.length, 0));
  }

  sourcesOf = ({ inputs }: Pick<PlannedSource, "inputs">): Source[] => inputs.map((input) => this.#source(input));

  /** How many files the models have: the number of the first statistic. */
  get #modelFiles(): number {
    return this.#models.reduce((count, { files }) => count + files.length, 0);
  }

  /** A tensor as its file holds it. */
  stored(model: number, tensor: string): StoredSource {
    const found = this.#models[model]?.tensors.get(tensor);
    if (found === undefined) throw new Error(`Model ${model} has no tensor ${tensor}.`);
    const { file, begin: position, dtype } = found;
    return { kind: "stored", file: (this.#firstFile[model] ?? 0) + file, position, dtype };
  }

  #source({ model, tensor, stored, gather }: PlannedInput): Source {
    if (stored === "prepared")
      return {
        kind: "stored",
        file: this.#modelFiles + this.#statistics.length,
        position: this.#prepared?.get(tensor) ?? 0,
        dtype: "F32",
      };
    if (stored === "statistic") return this.#measured(model - this.#models.length, tensor);
    if (gather !== undefined) return this.#gathered(gather, model, tensor);
    const plain = this.stored(model, tensor);
    if (stored === "mask") return { ...plain, dtype: "BITS" };
    return stored === "adapted" ? this.#adapted(plain, model, tensor) : plain;
  }

  #measured(k: number, tensor: string): StoredSource {
    const found = this.#statistics[k]?.tensors.get(tensor);
    if (found === undefined) throw new Error(`Statistic ${k} has no tensor ${tensor}.`);
    return { kind: "stored", file: this.#modelFiles + k, position: found.begin, dtype: found.dtype };
  }

  #gathered({ map, columns, matrices }: Gather, model: number, tensor: string): GatheredSource {
    return {
      kind: "gathered",
      map,
      columns,
      matrices: matrices.map((matrix, k) => (matrix === null ? null : this.stored(k, matrix.tensor))),
      model,
      rows: matrices[model]?.rows ?? 0,
      mean: map.hasMean ? (this.#means?.get(meanKey(model, tensor)) ?? null) : null,
    };
  }

  #adapted(weight: StoredSource, model: number, tensor: string): AdaptedSource {
    const { adapter = null } = this.#models[model] ?? {};
    const module = adapter?.modules.get(tensor);
    if (adapter === null || module === undefined) throw new Error(`No adapter changes ${tensor} of model ${model}.`);
    const factor = ({ begin, dtype }: AdapterTensor): StoredSource => ({
      kind: "stored",
      file: (this.#firstFile[model] ?? 0) + adapter.file,
      position: begin,
      dtype,
    });
    const { rank, scale, layout, shape, a, b } = module;
    const [rows, columns] = shape;
    const common = { kind: "adapted", weight, rows, columns, rank, scale, isTransposed: layout !== "linear" } as const;
    return { ...common, a: factor(a), b: factor(b) };
  }
}

/** Turns a plan and open files into work for threads. */
export function buildJob(parts: JobParts, layout: OutputLayout, outputs: readonly OpenFile[], findings: Findings): Job {
  const { plan } = parts;
  const specs = new SpecList(plan.recipe);
  const finder = new SourceFinder(parts);
  const planned = new Map(plan.tensors.map((tensor) => [tensor.name, tensor]));
  const tensors = layout.files.flatMap(({ tensors: placed }, file) =>
    placed.flatMap(({ name, begin }): TensorJob[] => {
      const tensor = planned.get(name);
      if (tensor === undefined) return [];
      const { source, stored, dtype } = tensor;
      const { spec, constants } = specs.ofTensor(tensor);
      return [
        {
          name: source.name,
          spec,
          elements: source.elements,
          columns: source.columns,
          inputs: finder.sourcesOf(source),
          output: { file, position: begin, type: stored === "bits" ? "BITS" : dtype },
          measured: { ...findings.get(source.name), ...constants },
        },
      ];
    }),
  );
  const files = outputs.map(({ path, fd }, i) => ({ path, fd, sizeBytes: layout.files[i]?.sizeBytes ?? 0 }));
  return completeJob(parts, tensors, specs, files, planStages);
}

type Planner = (tensors: readonly TensorJob[], specs: Job["specs"], shape: Job["shape"]) => StagePlan;

/** A job on some tensors: its memory, and its stages in order. */
export function completeJob(
  { plan, models, statistics, inputs, tileBytes }: JobParts,
  tensors: readonly TensorJob[],
  { list }: SpecList,
  outputs: Job["outputs"],
  stage: Planner,
): Job {
  const outlines = list.map(outlineOf);
  const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), 0);
  const columns = most(
    tensors.map((tensor) => (outlines[tensor.spec ?? -1]?.program.byRow === true ? strideOf(tensor.columns) : 0)),
  );
  // A WebAssembly memory ends at 4 GB: many models get smaller tiles.
  const tile = wholeTileBytes(Math.min(tileBytes, 2 ** 31 / (models.length + statistics.length + 4)));
  const needed = shapeFor(outlines, tile, columns);
  // Copied tensors pass through the same memory.
  const shape = { ...needed, inputs: Math.max(needed.inputs, most(tensors.map((tensor) => tensor.inputs.length))) };
  return { inputs, outputs, specs: list, shape, tensors, seed: plan.recipe.seed, ...stage(tensors, list, shape) };
}
