import { compileKernel, type Kernel } from "../../expr/wasm/kernel.ts";
import { wholeTileBytes } from "../../expr/wasm/layout.ts";
import { type ArithmeticDtype, dtypes, isArithmetic } from "../../tensor/dtype.ts";
import type { Checkpoint } from "../checkpoint.ts";
import { expressionOf } from "../expression.ts";
import type { Plan, PlannedTensor } from "../plan.ts";
import { type Job, planStages, type TensorJob } from "./job.ts";
import type { OutputLayout } from "./output-layout.ts";

interface OpenFile {
  readonly path: string;
  readonly fd: number;
}

export interface JobParts {
  readonly plan: Plan;
  /** Base first when there is one */
  readonly models: readonly Checkpoint[];
  readonly layout: OutputLayout;
  /** Files of the models, in the order of models and of their files */
  readonly inputs: readonly OpenFile[];
  readonly outputs: readonly OpenFile[];
  readonly tileBytes: number;
}

/** Turns a plan and open files into work for threads: one kernel for each combination of types, one entry for each tensor. */
export function buildJob({ plan, models, layout, inputs, outputs, tileBytes }: JobParts): Job {
  // A WebAssembly memory ends at 4 GB: many models get smaller tiles.
  const tile = wholeTileBytes(Math.min(tileBytes, 2 ** 31 / (models.length + 1)));
  const kernels = new KernelList(plan, models, tile);
  const planned = new Map(plan.tensors.map((tensor) => [tensor.name, tensor]));
  const firstFile = models.map((_, k) => models.slice(0, k).reduce((count, { files }) => count + files.length, 0));
  const tensors = layout.files.flatMap(({ tensors: placed }, file) =>
    placed.flatMap(({ name, begin }): TensorJob[] => {
      const tensor = planned.get(name);
      if (tensor === undefined) return [];
      return [
        {
          name,
          kernel: tensor.action === "copy" ? null : kernels.indexFor(tensor),
          elements: tensor.elements,
          inputs: models.map(({ tensors: stored }, k) => {
            const { file: local = 0, begin: position = 0, dtype = tensor.dtype } = stored.get(name) ?? {};
            return { file: (firstFile[k] ?? 0) + local, position, dtype };
          }),
          output: { file, position: begin, dtype: tensor.dtype },
        },
      ];
    }),
  );
  const copyElements = ({ output }: TensorJob) => Math.floor(tile / dtypes[output.dtype].sizeBytes);
  return {
    inputs,
    outputs: outputs.map(({ path, fd }, i) => ({ path, fd, sizeBytes: layout.files[i]?.sizeBytes ?? 0 })),
    kernels: kernels.list,
    tensors,
    ...planStages(tensors, kernels.list, copyElements),
    inputCount: models.length,
    tileBytes: tile,
  };
}

/** Kernels by the types they are specialised for. */
class KernelList {
  readonly list: Kernel[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #plan: Plan;
  readonly #models: readonly Checkpoint[];
  readonly #tileBytes: number;

  constructor(plan: Plan, models: readonly Checkpoint[], tileBytes: number) {
    this.#plan = plan;
    this.#models = models;
    this.#tileBytes = tileBytes;
  }

  indexFor({ inputs, dtype }: PlannedTensor): number {
    const key = [...inputs, dtype].join();
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    const types = inputs.filter(isArithmetic);
    if (types.length !== inputs.length || !isArithmetic(dtype)) throw new Error(`There is no arithmetic on ${key}.`);
    this.list.push(this.#compile(types, dtype));
    this.#indexes.set(key, this.list.length - 1);
    return this.list.length - 1;
  }

  #compile(inputs: readonly ArithmeticDtype[], output: ArithmeticDtype): Kernel {
    const { recipe } = this.#plan;
    const spaces = this.#models.slice(recipe.base === null ? 0 : 1).map(({ header }) => header.space);
    const expr = expressionOf(recipe, spaces);
    return compileKernel({ expr, inputs, output }, inputs.length, this.#tileBytes);
  }
}
