import { isArithmetic } from "../tensor/dtype.ts";
import type { AlignedModels } from "./align-models.ts";
import { type Found, pathOf } from "./check-headers.ts";
import { type Fault, fault } from "./fault.ts";
import type { Gather, GatheredMatrix } from "./planned.ts";
import type { Recipe } from "./recipe.ts";
import { matricesOf, type RowMap } from "./tokenizer/row-map.ts";

/** Finds the tensor of a model that stands for a name of the result. */
export type FindTensor = (model: number, name: string) => Found | null;

/** Plans how matrices of one model are put into the order of the result's vocabulary. */
export class GatherPlanner {
  readonly #recipe: Recipe;
  readonly #aligned: AlignedModels | null;
  readonly #find: FindTensor;
  readonly #needed = new Map<RowMap, ReadonlySet<number>>();

  constructor(recipe: Recipe, aligned: AlignedModels | null, find: FindTensor) {
    this.#recipe = recipe;
    this.#aligned = aligned;
    this.#find = find;
  }

  /**
   * The rows of an input for a tensor of the result; null when they are in order already, or cannot be found.
   * @param faults collects what is wrong
   */
  gather(name: string, input: Found, faults: Fault[]): Gather | null {
    const map = this.#aligned?.maps[input.model] ?? null;
    const { tensor } = input;
    if (map === null || tensor === undefined) return null;
    const needed = this.#needed.get(map) ?? matricesOf(map);
    this.#needed.set(map, needed);
    const rest = tensor.shape.slice(1);
    const matrices = (this.#aligned?.maps ?? []).map((_, model): GatheredMatrix | null => {
      if (model !== input.model && !needed.has(model)) return null;
      const found = model === input.model ? input : this.#find(model, name);
      const other = found?.tensor;
      if (found !== null && other !== undefined && isArithmetic(other.dtype) && other.shape.slice(1).join() === rest.join())
        return { tensor: found.name, dtype: other.dtype, rows: other.shape[0] ?? 0 };
      if (found !== null) faults.push(this.#unfit(name, input, found));
      return null;
    });
    return { map, matrices, columns: rest.reduce((product, size) => product * size, 1) };
  }

  #unfit(name: string, input: Found, { header, model, tensor }: Found): Fault {
    const isInput = model === input.model;
    const what = tensor === undefined ? "which it does not have" : `which is ${tensor.dtype} [${tensor.shape.join(", ")}]`;
    const message = isInput
      ? `Tensor ${name} of ${header.label} is ${tensor?.dtype}, whose rows "tokenizer" cannot move; exclude it.`
      : `${input.header.label} takes rows of ${name} from ${header.label}, ${what}; choose another source for its tokens or exclude it.`;
    return fault(isInput ? "DTYPE_UNSUPPORTED" : "TOKEN_SOURCE_MISSING", message, pathOf(this.#recipe, model));
  }
}
