import { elementCount } from "../../tensor/dtype.ts";
import type { TensorAssignment } from "../assign-tensors.ts";
import type { Found } from "../check-headers.ts";
import type { TensorHeader } from "../checkpoint-header.ts";
import { type Fault, fault } from "../fault.ts";
import type { PlannedInput } from "../planned.ts";
import type { WholeStatistic } from "../prepare/whole-tensor.ts";
import { methodOf, type Recipe } from "../recipe.ts";
import { bracketOf } from "./bracket.ts";
import { listed, type PerModel, type StatisticHeader } from "./statistic-header.ts";

/** What a plan reads of statistics at one tensor: inputs that follow those of the models, and which of them belong to whom. */
export interface TensorStatistics {
  readonly inputs: readonly PlannedInput[];
  /** Index into `inputs`; null: the method needs nothing of the base */
  readonly base: number | null;
  /** Indexes into `inputs`, for each parent */
  readonly parents: readonly {
    readonly value: number;
    readonly next: { readonly at: number; readonly share: number } | null;
  }[];
}

/** What Gram statistics say of one parent's tensor. */
export interface GramInput extends WholeStatistic {
  readonly input: PlannedInput;
  readonly elements: number;
}

interface Held {
  readonly header: StatisticHeader;
  readonly tensors: ReadonlyMap<string, TensorHeader>;
  /** Number of its file, after those of the models */
  readonly model: number;
  readonly path: readonly (string | number)[];
}

/** Tensors that are named in a note; the rest is counted. */
const maxNamed = 5;

/** Finds what statistics say of a tensor; every fault is located. */
export class StatisticPlanner {
  readonly #recipe: Recipe;
  readonly #base: readonly Held[];
  readonly #parents: readonly (readonly Held[])[];
  readonly #faults: Fault[];
  /** Parents whose λ was out of range, so that it is told once */
  readonly #outside = new Set<string>();
  /** Tensors that no statistic has */
  readonly #unknown: string[] = [];
  /** How many tensors statistics were found for */
  #found = 0;

  /** @param models how many models come before the statistics in the numbering of inputs */
  constructor(recipe: Recipe, statistics: PerModel<StatisticHeader>, models: number, faults: Fault[]) {
    const held = listed(statistics).map(({ value, path, parent }, k) => ({
      held: { header: value, tensors: new Map(value.tensors.map((tensor) => [tensor.name, tensor])), model: models + k, path },
      parent,
    }));
    const of = (parent: number | null): Held[] => held.filter((each) => each.parent === parent).map((each) => each.held);
    this.#recipe = recipe;
    this.#base = of(null);
    this.#parents = recipe.parents.map((_, i) => of(i));
    this.#faults = faults;
  }

  /** Fisher information at a tensor; null where no statistic has the tensor, or one is at fault. */
  fisher(assignment: TensorAssignment, found: readonly Found[], shape: readonly number[]): TensorStatistics | null {
    const first = assignment.base === null ? 0 : 1;
    const nameOf = (k: number): string => found[k]?.name ?? assignment.name;
    const own = assignment.parents.map(({ index }, k) => ({ held: this.#parents[index] ?? [], name: nameOf(first + k), index }));
    const base = this.#base.map((held) => ({ held, name: nameOf(0) }));
    const all = [...base, ...own.flatMap(({ held, name }) => held.map((each) => ({ held: each, name })))];
    if (!all.some(({ held, name }) => held.tensors.has(name))) {
      this.#unknown.push(assignment.name);
      return null;
    }
    this.#found += 1;
    const faults = all.flatMap(({ held, name }) => checkTensor(held, name, shape));
    if (faults.length > 0) {
      this.#faults.push(...faults);
      return null;
    }
    const inputs: PlannedInput[] = [];
    const add = (held: Held | undefined, name: string): number =>
      inputs.push({ model: held?.model ?? -1, tensor: name, dtype: "F32", stored: "statistic" }) - 1;
    const baseAt = base[0] === undefined ? null : add(base[0].held, base[0].name);
    const parents = own.map(({ held, name, index }, k) => {
      const { lower, upper } = this.#bracket(held, index, assignment.parents[k]?.own["lambda"], assignment.name);
      const value = add(held[lower], name);
      return { value, next: upper === null ? null : { at: add(held[upper.at], name), share: upper.share } };
    });
    return { inputs, base: baseAt, parents };
  }

  /** Gram matrices, or shares of rows, at a tensor for each parent; null where no statistic has the tensor, or one is at fault. */
  gram(assignment: TensorAssignment, found: readonly Found[], shape: readonly number[]): GramInput[] | null {
    const first = assignment.base === null ? 0 : 1;
    const own = assignment.parents.flatMap(({ index }, k) => {
      const each = found[first + k];
      return (this.#parents[index] ?? []).map((held) => ({
        held,
        name: each?.name ?? assignment.name,
        config: each?.header.config,
      }));
    });
    const kind = (["gram", "table"] as const).find((each) => own.some(({ held, name }) => held.tensors.has(`${each}.${name}`)));
    if (kind === undefined) {
      this.#unknown.push(assignment.name);
      return null;
    }
    this.#found += 1;
    const grams: GramInput[] = [];
    for (const { held, name, config } of own) {
      const tensor = `${kind}.${name}`;
      const size = held.tensors.get(tensor)?.shape[0] ?? 0;
      const faults = checkTensor(held, tensor, kind === "table" ? shape.slice(0, 1) : [size, size]);
      const isTransposed = kind === "gram" && inputsAreRows(name, shape, size, config ?? null);
      const inputs = isTransposed ? shape[0] : elementCount(shape.slice(1));
      if (kind === "gram" && faults.length === 0 && size !== inputs)
        faults.push(
          fault(
            "STATISTIC_SHAPE",
            `${held.header.label} has ${size} inputs for tensor ${name} of [${shape.join(", ")}].`,
            held.path,
          ),
        );
      this.#faults.push(...faults);
      const elements = kind === "table" ? size : size * size;
      const input = { model: held.model, tensor, dtype: "F32", stored: "statistic", elements } as const;
      if (faults.length === 0) grams.push({ kind, isTransposed, elements, input });
    }
    return grams.length === own.length ? grams : null;
  }

  /** After all tensors: tells which of them are merged without statistics. Statistics of nothing that is merged are a fault. */
  conclude(notes: Set<string>): void {
    const [first] = this.#unknown;
    if (first === undefined) return;
    const { statistics: need } = methodOf(this.#recipe);
    const [example] = [...this.#parents.flat(), ...this.#base];
    if (this.#found === 0 && example !== undefined) {
      const why = `has nothing on any tensor that is merged, such as ${first}; measure it on the model of this recipe`;
      this.#faults.push(fault("STATISTIC_FOREIGN", `${example.header.label} ${why}.`, example.path));
    }
    const more = this.#unknown.length - maxNamed;
    const named = `${this.#unknown.slice(0, maxNamed).join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
    notes.add(`Tensors that the statistics do not have ${need?.otherwise}: ${named}.`);
  }

  /** Between which measurements a parent's λ lies. */
  #bracket(held: readonly Held[], index: number, lambda: unknown, tensor: string) {
    const { statistics: need } = methodOf(this.#recipe);
    if (need?.at !== "scaled" || held.length < 2 || typeof lambda !== "number") return { lower: 0, upper: null };
    const measured = held.map(({ header }) => header.about.lambda);
    const [low = 0, high = 0] = [measured[0], measured.at(-1)];
    const isOutside = lambda < low || lambda > high;
    const said = `${index} ${lambda}`;
    if (isOutside && !this.#outside.has(said)) {
      this.#outside.add(said);
      const where = `${this.#recipe.parents[index]?.model} at tensor ${tensor}`;
      const message = `lambda ${lambda} of ${where} lies outside of the λ that were measured, ${low} to ${high}; measure it there, too.`;
      this.#faults.push(fault("LAMBDA_UNMEASURED", message, ["parents", index, "lambda"]));
    }
    return bracketOf(measured, lambda);
  }
}

function checkTensor({ header: { label }, tensors, path }: Held, name: string, shape: readonly number[]): Fault[] {
  const tensor = tensors.get(name);
  if (tensor === undefined)
    return [fault("STATISTIC_TENSOR_MISSING", `${label} has nothing on tensor ${name}, which the other statistics have.`, path)];
  if (tensor.shape.join() !== shape.join()) {
    const why = `has shape [${tensor.shape.join(", ")}] in ${label} but [${shape.join(", ")}] in the model`;
    return [fault("STATISTIC_SHAPE", `Tensor ${name} ${why}.`, path)];
  }
  if (tensor.dtype !== "F32" && elementCount(shape) > 0)
    return [fault("STATISTIC_DTYPE", `Tensor ${name} of ${label} is ${tensor.dtype}; statistics are F32.`, path)];
  return [];
}

/** Layers whose matrices GPT-2 and its kin store as [inputs, outputs]; where the matrix is square, only the name tells. */
const transposedLayers = /(^|\.)(c_attn|c_proj|c_fc|q_attn)\.weight$/;
const transposedModels = ["gpt2", "openai-gpt", "imagegpt"];

function inputsAreRows(
  name: string,
  shape: readonly number[],
  inputs: number,
  config: Readonly<Record<string, unknown>> | null,
): boolean {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows !== inputs) return false;
  return columns !== inputs || (transposedModels.includes(String(config?.["model_type"])) && transposedLayers.test(name));
}
