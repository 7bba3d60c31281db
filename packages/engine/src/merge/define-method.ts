import type { z } from "zod";
import type { Element, Numeric, TiePolicy } from "../expr/expr.ts";
import { type AdapterWork, untypedWork } from "./adapters/adapter-work.ts";
import type { Fault } from "./fault.ts";
import type { Law } from "./laws.ts";
import type { ComputationName } from "./prepare/computations.ts";
import type { MergeState, WholeStatistic } from "./prepare/whole-tensor.ts";
import type { StatisticsNeed } from "./statistics/statistic-header.ts";

/**
 * What a model of a merge holds: weights; differences to a base (a task vector); one vector, masks and scalers of several tasks
 * (EMR); the factors of a LoRA adapter.
 */
export type Space = "weights" | "delta" | "tasks" | "adapter";

/** One parent of a merge, for one tensor. */
export interface BuildParent<Own> {
  readonly value: Element;
  /** Its task vector: value − base, or the value itself when it is a task vector already */
  readonly delta: Element;
  readonly space: Space;
  /** Number of its input, which names its random stream as well */
  readonly input: number;
  /** Of a parent in space "tasks": what belongs to the task that parameter `task` names */
  readonly task?: { readonly mask: Element; readonly scaler: number };
  /** What was measured of it at this tensor, of a method that needs statistics; absent where the statistics do not have the tensor */
  readonly statistic?: ParentStatistic;
  /** What the recipe says for this parent, e.g. weight */
  readonly own: Own;
}

/** Values of a statistic at one tensor: as measured, or between two measurements at scaled models. */
export interface ParentStatistic {
  /** At the largest λ that was measured and is not above the parent's own */
  readonly value: Element;
  /** At the next λ, and how far the parent's own lies on the way there, between 0 and 1; null: the measurement itself */
  readonly next: { readonly value: Element; readonly share: number } | null;
}

/** What a method computes with, for one tensor. */
export interface BuildInput<Own, Params> {
  /** Present when the recipe has one */
  readonly base: Element | null;
  /** Of the base at this tensor, of a method that needs it */
  readonly baseStatistic?: Element;
  readonly parents: readonly BuildParent<Own>[];
  readonly params: Params;
  /** Of a method that prepares: what its computation has made of this tensor. There are no parents then: it has used them up */
  readonly prepared?: Element;
}

/** How much of each parent is in the result; null where the method gives no coefficient. */
export interface Coefficients {
  readonly base: number | null;
  readonly parents: readonly (number | null)[];
}

/** One tensor of the result. */
export interface BuiltOutput {
  /** Put before the tensor's name, e.g. "mask.0." */
  readonly prefix: string;
  readonly value: Element;
  /** bits: one bit for each element, 1 where the value is not 0, packed into bytes from the lowest bit */
  readonly stored: "float" | "bits";
}

/** The largest values over all merged tensors of the model together. */
export interface ModelSelection {
  readonly of: Element;
  readonly ties: TiePolicy;
  /** How many are kept, of all elements of the model */
  keep(elements: number): number;
}

/** What one round of a survey measures on one tensor, by name. */
export interface Measurement {
  readonly numbers?: Readonly<Record<string, Numeric>>;
  /** Found afterwards as `foundInModel(name)` */
  readonly selections?: Readonly<Record<string, ModelSelection>>;
}

/** What a survey has found out about one tensor. */
export interface SurveyedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Passes over the whole model before the merge. Later rounds, and the merge, use what earlier ones have `measured`. */
export interface Survey<Own, Params> {
  readonly rounds: readonly ((input: BuildInput<Own, Params>) => Measurement)[];
  /** After each round: further numbers for each tensor, from those of all tensors. */
  conclude?(round: number, tensors: readonly SurveyedTensor[], params: Params): readonly Readonly<Record<string, number>>[];
}

/** A tensor that is to be prepared. */
export interface ToPrepare {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  readonly parents: number;
  /** Of a method on Gram statistics */
  readonly statistic: WholeStatistic | null;
}

/**
 * A computation on whole tensors before the merge, for what is no expression. Each tensor is computed by one thread, in f32 on a
 * scratch file, from which the merge reads it as `prepared`.
 */
export interface Prepare {
  readonly computation: ComputationName;
  /** File of the result from which a later merge goes on that has it as first parent */
  readonly state: { readonly file: string; read(json: unknown, label: string): MergeState } | null;
  /** Beside what the forecast knows of reading and writing */
  cost(tensor: ToPrepare): { readonly memoryBytes: number; readonly seconds: number };
  /** Numbers of the whole model, `measured` in the merge. @param label of the first parent, for messages */
  conclude(tensors: readonly SurveyedTensor[], state: MergeState | null, label: string): Readonly<Record<string, number>>;
}

/** What a method works with; lists and documentation group by it. */
export type MethodFamily =
  | "average"
  | "sphere"
  | "task vectors"
  | "sparse"
  | "statistics"
  | "trajectory"
  | "layers"
  | "multi-part"
  | "adapters";

interface MethodFacts {
  /** As written in recipes, e.g. task_arithmetic */
  readonly id: string;
  /** Raised whenever the output changes for any input */
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  /** URL of the paper or code that defines the method */
  readonly source: string;
  readonly family: MethodFamily;
  /** Number of parents, base not counted; max null: no limit but that of recipes */
  readonly arity: { readonly min: number; readonly max: number | null };
  /** Whether a recipe must, may or must not name a base */
  readonly base: "required" | "optional" | "none";
  /** What parents may hold */
  readonly accepts: readonly Space[];
  /** What the result holds */
  readonly output: Space;
  /** Heads of tasks are left out unless the method is for models of one task; default: left out */
  readonly heads?: "left out" | "merged";
  /** Parameters that its survey concludes from: one value for the whole model */
  readonly ofModel?: readonly string[];
  /** What it needs to have been measured of the models; absent: nothing */
  readonly statistics?: StatisticsNeed;
  readonly laws: readonly Law[];
}

interface MethodParts<Own extends z.ZodRawShape, Shape extends z.ZodRawShape> extends MethodFacts {
  /** What a recipe may say for each parent, beside `model` */
  readonly perParent: z.ZodObject<Own>;
  readonly params: z.ZodObject<Shape>;
  /** Faults that need more than one value of the recipe to see. */
  check?(parents: readonly z.output<z.ZodObject<Own>>[], params: z.output<z.ZodObject<Shape>>): readonly Fault[];
  /** How much of each parent is in the result, for the card and the lineage. */
  coefficients(parents: readonly z.output<z.ZodObject<Own>>[], params: z.output<z.ZodObject<Shape>>): Coefficients;
  readonly survey?: Survey<z.output<z.ZodObject<Own>>, z.output<z.ZodObject<Shape>>>;
  readonly prepare?: Prepare;
  build?(input: BuildInput<z.output<z.ZodObject<Own>>, z.output<z.ZodObject<Shape>>>): Element | readonly BuiltOutput[];
  /** In place of `build`, of a method whose result is an adapter */
  readonly adapters?: AdapterWork<z.output<z.ZodObject<Own>>, z.output<z.ZodObject<Shape>>>;
  /** JSON files that belong to the result beside its tensors, by name, from what the survey has found. */
  files?(tensors: readonly SurveyedTensor[], parentLabels: readonly string[]): Readonly<Record<string, unknown>>;
}

/** Values whose schema only the method knows. */
export type Values = Readonly<Record<string, unknown>>;

/** A merge method as the rest of the engine sees it: parameters are unknown until its own schema has read them. */
export interface MergeMethod extends MethodFacts {
  readonly perParent: z.ZodObject;
  readonly params: z.ZodObject;
  check(parents: readonly Values[], params: Values): readonly Fault[];
  coefficients(parents: readonly Values[], params: Values): Coefficients;
  readonly survey: Survey<Values, Values> | null;
  readonly prepare: Prepare | null;
  readonly adapters: AdapterWork<Values, Values> | null;
  /** The tensors of the result for one tensor of the parents; inputs are numbered base first (when there is one), then parents. */
  build(input: BuildInput<Values, Values>): readonly BuiltOutput[];
  files(tensors: readonly SurveyedTensor[], parentLabels: readonly string[]): Readonly<Record<string, unknown>>;
}

/** Declares a method: one file each, listed in `methods/index.ts`; everything else derives from it. */
export function defineMethod<Own extends z.ZodRawShape, Shape extends z.ZodRawShape>(
  parts: MethodParts<Own, Shape>,
): MergeMethod {
  const { params, perParent, survey } = parts;
  const typed = (input: BuildInput<Values, Values>) => ({
    ...input,
    params: params.parse(input.params),
    parents: input.parents.map((parent) => ({ ...parent, own: perParent.parse(parent.own) })),
  });
  return {
    ...parts,
    params: params as unknown as z.ZodObject,
    perParent: perParent as unknown as z.ZodObject,
    check: (parents, values) =>
      parts.check?.(
        parents.map((own) => perParent.parse(own)),
        params.parse(values),
      ) ?? [],
    coefficients: (parents, values) =>
      parts.coefficients(
        parents.map((own) => perParent.parse(own)),
        params.parse(values),
      ),
    prepare: parts.prepare ?? null,
    adapters: parts.adapters === undefined ? null : untypedWork(parts.adapters, perParent, params),
    survey:
      survey === undefined
        ? null
        : {
            rounds: survey.rounds.map((round) => (input) => round(typed(input))),
            conclude: (round, tensors, values) =>
              survey.conclude?.(round, tensors, params.parse(values)) ?? tensors.map(() => ({})),
          },
    files: (tensors, parentLabels) => parts.files?.(tensors, parentLabels) ?? {},
    build(input) {
      const built = parts.build?.(typed(input));
      if (built === undefined) throw new Error(`${parts.id} builds no tensors.`);
      return isOutputs(built) ? built : [{ prefix: "", value: built, stored: "float" }];
    },
  };
}

const isOutputs = (built: Element | readonly BuiltOutput[]): built is readonly BuiltOutput[] => Array.isArray(built);
