import type { z } from "zod";
import type { Element } from "../expr/expr.ts";
import type { Fault } from "./fault.ts";
import type { Law } from "./laws.ts";

/** Whether a checkpoint holds weights, or differences to a base (a task vector). */
export type Space = "weights" | "delta";

/** What a method computes with, for one tensor. */
export interface BuildInput<Params> {
  /** Present exactly when the method needs a base */
  readonly base: Element | null;
  readonly parents: readonly { readonly value: Element; readonly space: Space; readonly weight: number }[];
  readonly params: Params;
}

/** How much of each parent is in the result; base null where the method gives it no coefficient. */
export interface Coefficients {
  readonly base: number | null;
  readonly parents: readonly number[];
}

interface MethodFacts {
  /** As written in recipes, e.g. task_arithmetic */
  readonly id: string;
  /** Raised whenever the output changes for any input */
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  /** URL of the paper or code that defines the method */
  readonly source: string;
  /** Number of parents, base not counted; max null: no limit but that of recipes */
  readonly arity: { readonly min: number; readonly max: number | null };
  readonly needsBase: boolean;
  /** What a recipe may say for each parent */
  readonly perParent: { readonly weight?: { readonly default: number; readonly description: string } };
  /** What parents may hold */
  readonly accepts: readonly Space[];
  /** What the result holds */
  readonly output: Space;
  readonly laws: readonly Law[];
}

interface MethodParts<Shape extends z.ZodRawShape> extends MethodFacts {
  readonly params: z.ZodObject<Shape>;
  /** Faults that need more than one value of the recipe to see. */
  check?(weights: readonly number[], params: z.output<z.ZodObject<Shape>>): readonly Fault[];
  coefficients(weights: readonly number[], params: z.output<z.ZodObject<Shape>>): Coefficients;
  build(input: BuildInput<z.output<z.ZodObject<Shape>>>): Element;
}

/** A merge method as the rest of the engine sees it: parameters are unknown until its own schema has read them. */
export interface MergeMethod extends MethodFacts {
  readonly params: z.ZodObject;
  check(weights: readonly number[], params: Readonly<Record<string, unknown>>): readonly Fault[];
  coefficients(weights: readonly number[], params: Readonly<Record<string, unknown>>): Coefficients;
  /** The expression for one tensor; inputs are numbered base first (when needed), then parents. */
  build(input: BuildInput<Readonly<Record<string, unknown>>>): Element;
}

/** Declares a method: one file each, listed in `methods/index.ts`; everything else derives from it. */
export function defineMethod<Shape extends z.ZodRawShape>(parts: MethodParts<Shape>): MergeMethod {
  return {
    ...parts,
    params: parts.params as unknown as z.ZodObject,
    check: (weights, params) => parts.check?.(weights, parts.params.parse(params)) ?? [],
    coefficients: (weights, params) => parts.coefficients(weights, parts.params.parse(params)),
    build: (input) => parts.build({ ...input, params: parts.params.parse(input.params) }),
  };
}
