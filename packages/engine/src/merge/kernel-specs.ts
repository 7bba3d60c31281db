import type { Element } from "../expr/expr.ts";
import { keyOf, type Statistic } from "../expr/numeric.ts";
import type { KernelSpec } from "../expr/wasm/kernel.ts";
import type { StoredType } from "../expr/wasm/group-emitter.ts";
import { isArithmetic } from "../tensor/dtype.ts";
import type { PlannedSource, PlannedTensor } from "./planned.ts";

/** Types in which the inputs of a source arrive in a kernel's memory. */
export const kernelTypes = ({ inputs }: PlannedSource): StoredType[] =>
  inputs.map(({ dtype, stored }) => {
    if (stored === "mask") return "BITS";
    if (stored !== "plain") return "F32";
    if (!isArithmetic(dtype)) throw new Error(`There is no arithmetic on ${dtype}.`);
    return dtype;
  });

/** Kernels of a job, each once: by what they compute and the types they compute on. */
export class SpecList {
  readonly list: KernelSpec[] = [];
  readonly #indexes = new Map<string, number>();

  /** Of a tensor of the result; null when it is copied */
  ofTensor({ source, value, stored, dtype }: PlannedTensor): number | null {
    if (value === null) return null;
    const type = stored === "bits" ? "BITS" : dtype;
    if (type !== "BITS" && !isArithmetic(type)) throw new Error(`There is no arithmetic on ${type}.`);
    return this.#indexOf(kernelTypes(source), { value, stored: type }, []);
  }

  /** Of statistics alone */
  ofStatistics(source: PlannedSource, statistics: readonly Statistic[]): number {
    return this.#indexOf(kernelTypes(source), null, statistics);
  }

  #indexOf(inputs: readonly StoredType[], output: { value: Element; stored: StoredType } | null, statistics: readonly Statistic[]): number {
    const what = output === null ? statistics.map(keyOf).join() : `${keyOf(output.value)} ${output.stored}`;
    const key = `${inputs.join()} ${what}`;
    const index = this.#indexes.get(key) ?? this.list.push({ inputs, output, statistics }) - 1;
    this.#indexes.set(key, index);
    return index;
  }
}
