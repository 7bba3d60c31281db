import { input, sub } from "../expr/expr.ts";
import { elementCount, isArithmetic } from "../tensor/dtype.ts";
import type { AlignedModels } from "./align-models.ts";
import type { TensorAssignment } from "./assign-tensors.ts";
import { checkTogether, checkUnused, curtail, type Found, pathOf, type Rows } from "./check-headers.ts";
import type { CheckpointHeader, TensorHeader } from "./checkpoint-header.ts";
import type { BuildInput, BuildParent, Values } from "./define-method.ts";
import { type Fault, fault } from "./fault.ts";
import { GatherPlanner } from "./plan-gather.ts";
import type { PlannedInput, PlannedSource } from "./planned.ts";
import { preparedInput } from "./prepare/plan-preparation.ts";
import { methodOf, type Recipe } from "./recipe.ts";
import { type GramInput, StatisticPlanner, type TensorStatistics } from "./statistics/plan-statistics.ts";
import { listed, type PerModel, type StatisticHeader } from "./statistics/statistic-header.ts";

type Tensors = ReadonlyMap<string, TensorHeader>;

/** What a plan knows of the tokenizers of its models. */
export interface Vocabularies {
  /** null without a policy */
  readonly aligned: AlignedModels | null;
  readonly areSame: boolean;
  /** Tells the tensors whose rows belong to tokens */
  isEmbedding(name: string): boolean;
}

/** Turns assignments of names into tensors with shapes, types and what the method computes with; every fault is located. */
export class SourcePlanner {
  readonly #recipe: Recipe;
  /** Whether the method computes whole tensors before the merge, and whether from Gram statistics: then only those that have one */
  readonly #isPrepared: boolean;
  readonly #needsGrams: boolean;
  readonly #models: readonly CheckpointHeader[];
  readonly #tensors: readonly Tensors[];
  readonly #used: readonly Set<string>[];
  readonly #builds = new Map<string, BuildInput<Values, Values>>();
  readonly #texts = new WeakMap<Values, string>();
  readonly #faults: Fault[] = [];
  readonly #vocabularies: Vocabularies;
  readonly #gathers: GatherPlanner;
  /** null: the method needs none */
  readonly #statistics: StatisticPlanner | null;
  readonly #given: PerModel<StatisticHeader>;
  readonly notes = new Set<string>();

  /** @param models base first when there is one */
  constructor(
    recipe: Recipe,
    models: readonly CheckpointHeader[],
    vocabularies: Vocabularies,
    statistics: PerModel<StatisticHeader>,
  ) {
    this.#recipe = recipe;
    const { prepare, statistics: need } = methodOf(recipe);
    this.#isPrepared = prepare !== null;
    this.#needsGrams = need?.kind === "gram";
    this.#vocabularies = vocabularies;
    this.#gathers = new GatherPlanner(recipe, vocabularies.aligned, (model, name) => this.#foundIn(model, name));
    this.#models = models;
    this.#tensors = models.map(({ tensors }) => new Map(tensors.map((tensor) => [tensor.name, tensor])));
    this.#used = models.map(() => new Set());
    this.#given = statistics;
    this.#statistics = need === undefined ? null : new StatisticPlanner(recipe, statistics, models.length, this.#faults);
  }

  plan(assignments: readonly TensorAssignment[]): PlannedSource[] {
    const sources = assignments.flatMap((assignment) => this.#source(assignment) ?? []);
    this.#statistics?.conclude(this.notes);
    return sources;
  }

  /** Faults of all assignments, and of the tensors that none of them used. */
  faults(isExcluded: (name: string) => boolean): Fault[] {
    const reference = this.#models[0]?.label ?? "";
    const unused =
      this.#recipe.slices !== null
        ? []
        : this.#models.flatMap((header, k) => {
            if (header.space === "tasks") return [];
            const names = header.tensors.map(({ name }) => name).filter((name) => !this.#used[k]?.has(name) && !isExcluded(name));
            return checkUnused(this.#recipe, k, header, names, reference);
          });
    const labels = new Map([
      ...this.#models.map(({ label }, k) => [pathOf(this.#recipe, k).join("."), label] as const),
      ...listed(this.#given).map(({ value, path }) => [path.join("."), value.label] as const),
    ]);
    return curtail(
      [...this.#faults, ...unused],
      (path, count) => `${count} more tensors of ${labels.get(path.join("."))} do not match ${reference}.`,
    );
  }

  #source(assignment: TensorAssignment): PlannedSource | null {
    const found = this.#find(assignment);
    const rows = this.#rowsOf(assignment.name);
    const faults = checkTogether(this.#recipe, found, rows);
    this.#faults.push(...faults);
    const reference = found[0]?.tensor;
    if (faults.length > 0 || reference === undefined) return null;
    const alignedRows = rows === "aligned" ? (this.#vocabularies.aligned?.alignment.rows ?? 0) : null;
    const shape = alignedRows === null ? reference.shape : [alignedRows, ...reference.shape.slice(1)];
    const elements = elementCount(shape);
    const common = {
      name: assignment.name,
      shape,
      elements,
      columns: shape.length < 2 ? elements : elementCount(shape.slice(1)),
    };
    const inputs = found.flatMap((each): PlannedInput[] => {
      const { model, name, tensor } = each;
      if (tensor === undefined) return [];
      const adapted = this.#checkAdapter(model, name, tensor);
      const gather = alignedRows === null ? null : this.#gathers.gather(assignment.name, each, this.#faults);
      if (gather !== null) return [{ model, tensor: name, dtype: tensor.dtype, stored: "gathered", gather }];
      return [{ model, tensor: name, dtype: tensor.dtype, stored: adapted ? "adapted" : "plain" }];
    });
    if (!isArithmetic(reference.dtype)) return { ...common, inputs, build: null, prepare: null };
    const grams = this.#needsGrams ? (this.#statistics?.gram(assignment, found, shape) ?? null) : null;
    if (this.#isPrepared && (grams !== null || !this.#needsGrams))
      return { ...common, ...this.#preparation(assignment, inputs, grams ?? []) };
    const masks = this.#masks(assignment, found);
    const statistics = this.#needsGrams ? null : (this.#statistics?.fisher(assignment, found, shape) ?? null);
    const build = this.#buildInput(assignment, inputs, masks, statistics);
    return { ...common, inputs: [...inputs, ...masks, ...(statistics?.inputs ?? [])], build, prepare: null };
  }

  #find({ name, base, parents }: TensorAssignment): Found[] {
    const first = this.#recipe.base === null ? 0 : 1;
    const wanted = [
      ...(base === null ? [] : [{ model: 0, name: base }]),
      ...parents.map(({ index, tensor }) => ({ model: first + index, name: tensor })),
    ];
    return wanted.flatMap(({ model, name: tensor }): Found[] => {
      const found = this.#foundIn(model, tensor);
      if (found === null) return [];
      const { header, name: actual } = found;
      if (actual !== tensor) this.notes.add(`${header.label} ties ${tensor} to ${actual}, which stands for it in ${name}.`);
      this.#used[model]?.add(actual);
      return [found];
    });
  }

  #foundIn(model: number, name: string): Found | null {
    const header = this.#models[model];
    if (header === undefined) return null;
    const actual = this.#tensors[model]?.has(name) === true ? name : (this.#tied(model, name) ?? name);
    return { model, header, name: actual, tensor: this.#tensors[model]?.get(actual) };
  }

  #rowsOf(name: string): Rows {
    const { aligned, areSame, isEmbedding } = this.#vocabularies;
    if ((aligned === null && !areSame) || !isEmbedding(name)) return "equal";
    return aligned === null ? "tokens" : "aligned";
  }

  /** The embedding that stands for an output head which the model does not store because it ties the two. */
  #tied(model: number, name: string): string | null {
    const header = this.#models[model];
    if (!/(^|\.)lm_head\.weight$/.test(name) || header?.config?.["tie_word_embeddings"] === false) return null;
    const names = ["model.embed_tokens.weight", "transformer.wte.weight", "wte.weight", "shared.weight", "embed_tokens.weight"];
    return names.find((each) => this.#tensors[model]?.has(each) === true) ?? null;
  }

  #checkAdapter(model: number, name: string, { shape }: TensorHeader): boolean {
    const header = this.#models[model];
    const module = header?.adapter?.modules.get(name);
    if (module === undefined) return false;
    if (shape.length !== 2 || shape[0] !== module.rows || shape[1] !== module.columns) {
      const message = `${header?.adapter?.label} changes ${name} as [${module.rows}, ${module.columns}], but in ${header?.label} it is [${shape.join(", ")}]; use the adapter with the model it was trained on.`;
      this.#faults.push(fault("ADAPTER_MISMATCH", message, [...pathOf(this.#recipe, model), "adapter"]));
    }
    return true;
  }

  /** Bits of the mask of the task that the recipe asks for, from each parent that holds masks. */
  #masks({ parameters }: TensorAssignment, found: readonly Found[]): PlannedInput[] {
    return found.flatMap(({ model, header, name }): PlannedInput[] => {
      if (header.space !== "tasks") return [];
      const task = header.tasks?.find((each) => each.name === parameters["task"]);
      const mask = `${task?.mask ?? ""}${name}`;
      if (task === undefined || this.#tensors[model]?.has(mask) !== true) {
        const there = (header.tasks ?? []).map((each) => each.name).join(", ");
        const message = `${header.label} has no task ${JSON.stringify(parameters["task"])} at tensor ${name}; there are: ${there}.`;
        this.#faults.push(fault("TASK_MISSING", message, ["parameters", "task"]));
      }
      return [{ model, tensor: mask, dtype: "U8", stored: "mask" }];
    });
  }

  /** A tensor that is computed as a whole first: the merge then reads the base and what was prepared. */
  #preparation(
    assignment: TensorAssignment,
    inputs: readonly PlannedInput[],
    grams: readonly GramInput[],
  ): Pick<PlannedSource, "inputs" | "build" | "prepare"> {
    const first = assignment.base === null ? 0 : 1;
    const known = inputs.slice(0, first);
    const parents = assignment.parents.map(({ own }, i) => ({
      own,
      space: this.#models[inputs[first + i]?.model ?? 0]?.space ?? "weights",
      ...statisticOf(grams[i], inputs.length + i),
    }));
    return {
      inputs: [...known, preparedInput(assignment.name)],
      build: this.#buildInput({ ...assignment, parents: [] }, [...known, preparedInput(assignment.name)], []),
      prepare: { inputs: [...inputs, ...grams.map(({ input: each }) => each)], parents },
    };
  }

  /** Settings as text; most tensors share theirs. */
  #textOf(values: Values): string {
    const text = this.#texts.get(values) ?? JSON.stringify(values);
    this.#texts.set(values, text);
    return text;
  }

  /** The same object for tensors with the same settings, so that what is built of it is built once. */
  #buildInput(
    { base, parents, parameters }: TensorAssignment,
    inputs: readonly PlannedInput[],
    masks: readonly PlannedInput[],
    statistics: TensorStatistics | null = null,
  ): BuildInput<Values, Values> {
    const first = base === null ? 0 : 1;
    const from = parents.map(({ own }, i) => `${this.#textOf(own)}@${inputs[first + i]?.model}`);
    const measured = statistics === null ? "" : JSON.stringify([statistics.base, statistics.parents]);
    const key = `${base !== null} ${this.#textOf(parameters)} ${from.join()} ${measured}`;
    const known = this.#builds.get(key);
    if (known !== undefined) return known;
    const statistic = (at: number) => input(inputs.length + masks.length + at);
    const prepared = inputs.findIndex(({ stored }) => stored === "prepared");
    const built: BuildInput<Values, Values> = {
      ...(prepared < 0 ? {} : { prepared: input(prepared) }),
      base: base === null ? null : input(0),
      ...(statistics?.base == null ? {} : { baseStatistic: statistic(statistics.base) }),
      params: parameters,
      parents: parents.map(({ own }, i): BuildParent<Values> => {
        const model = inputs[first + i]?.model ?? 0;
        const header = this.#models[model];
        const space = header?.space ?? "weights";
        const value = input(first + i);
        const delta = base !== null && space === "weights" ? sub(value, input(0)) : value;
        const mask = masks.findIndex((each) => each.model === model);
        const scaler = header?.tasks?.find((each) => each.name === parameters["task"])?.scaler ?? 0;
        const task = mask < 0 ? {} : { task: { mask: input(inputs.length + mask), scaler } };
        const known = statistics?.parents[i];
        const next = known?.next == null ? null : { value: statistic(known.next.at), share: known.next.share };
        const taken = known === undefined ? {} : { statistic: { value: statistic(known.value), next } };
        return { value, delta, space, input: first + i, own, ...task, ...taken };
      }),
    };
    this.#builds.set(key, built);
    return built;
  }
}

const statisticOf = (gram: GramInput | undefined, at: number) =>
  gram === undefined ? {} : { statistic: { kind: gram.kind, isTransposed: gram.isTransposed, elements: gram.elements, at } };
