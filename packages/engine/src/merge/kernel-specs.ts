import type { Element } from "../expr/expr.ts";
import { keyOf, type Statistic } from "../expr/numeric.ts";
import { type Parametrised, parametrise } from "../expr/parametrise.ts";
import type { StoredType } from "../expr/wasm/group-emitter.ts";
import type { KernelSpec } from "../expr/wasm/kernel.ts";
import { isArithmetic } from "../tensor/dtype.ts";
import type { PlannedSource, PlannedTensor } from "./planned.ts";
import { ownOf, type Recipe } from "./recipe.ts";
import { isVarying } from "./settings.ts";

/** Types in which the inputs of a source arrive in a kernel's memory. */
export const kernelTypes = ({ inputs }: PlannedSource): StoredType[] =>
  inputs.map(({ dtype, stored }) => {
    if (stored === "mask") return "BITS";
    if (stored !== "plain") return "F32";
    if (!isArithmetic(dtype)) throw new Error(`There is no arithmetic on ${dtype}.`);
    return dtype;
  });

/** A kernel, and the numbers that it takes as measured. */
export interface SpecOfTensor {
  /** Index in the list; null: the tensor is copied */
  readonly spec: number | null;
  readonly constants: Readonly<Record<string, number>>;
}

const copied: SpecOfTensor = { spec: null, constants: {} };
const none = {};

/** Kernels of a job, each once: by what they compute and the types they compute on. */
export class SpecList {
  readonly list: KernelSpec[] = [];
  readonly #indexes = new Map<string, number>();
  readonly #parametrised = new Map<Element, Parametrised>();
  readonly #isVarying: boolean;

  /** @param recipe when its settings vary over the model, tensors share kernels that take them as numbers */
  constructor({ parameters, parents, slices }: Pick<Recipe, "parameters" | "parents" | "slices">) {
    const settings = [parameters, ...parents.map(ownOf)].flatMap((each) => Object.values(each));
    this.#isVarying = slices !== null || settings.some(isVarying);
  }

  ofTensor({ source, value, stored, dtype }: PlannedTensor): SpecOfTensor {
    if (value === null) return copied;
    const type = stored === "bits" ? "BITS" : dtype;
    if (type !== "BITS" && !isArithmetic(type)) throw new Error(`There is no arithmetic on ${type}.`);
    const { value: shared, constants } = this.#isVarying ? this.#parametrise(value) : { value, constants: none };
    return { spec: this.#indexOf(kernelTypes(source), { value: shared, stored: type }, []), constants };
  }

  #parametrise(value: Element): Parametrised {
    const known = this.#parametrised.get(value) ?? parametrise(value);
    this.#parametrised.set(value, known);
    return known;
  }

  /** Of statistics alone */
  ofStatistics(source: PlannedSource, statistics: readonly Statistic[]): number {
    return this.#indexOf(kernelTypes(source), null, statistics);
  }

  #indexOf(
    inputs: readonly StoredType[],
    output: { value: Element; stored: StoredType } | null,
    statistics: readonly Statistic[],
  ): number {
    const what = output === null ? statistics.map(keyOf).join() : `${keyOf(output.value)} ${output.stored}`;
    const key = `${inputs.join()} ${what}`;
    const index = this.#indexes.get(key) ?? this.list.push({ inputs, output, statistics }) - 1;
    this.#indexes.set(key, index);
    return index;
  }
}
