import { z } from "zod";
import type { MethodFamily, Space } from "./define-method.ts";
import { universalLaws } from "./laws.ts";
import { methods } from "./methods/index.ts";
import type { StatisticsNeed } from "./statistics/statistic-header.ts";

/** A method as data for schemas, forms and documentation. */
export interface MethodDescription {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  readonly source: string;
  readonly family: MethodFamily;
  readonly minParents: number;
  /** null: no limit but that of recipes */
  readonly maxParents: number | null;
  /** Whether a recipe must, may or must not name a base */
  readonly base: "required" | "optional" | "none";
  readonly needsBase: boolean;
  readonly perParentWeight: { readonly default: number; readonly description: string } | null;
  /** Whether parents may be task vectors, and whether the result is one */
  readonly acceptsDelta: boolean;
  readonly outputsDelta: boolean;
  /** What parents may hold, and what the result holds */
  readonly accepts: readonly Space[];
  readonly output: Space;
  /** What must have been measured of the models; null: nothing */
  readonly statistics: StatisticsNeed | null;
  /** JSON Schema (draft 2020-12) of `parameters` in a recipe, defaults and bounds included */
  readonly parametersSchema: Readonly<Record<string, unknown>>;
  /** The same of what a recipe may say for each parent, beside `model` */
  readonly parentParametersSchema: Readonly<Record<string, unknown>>;
  /** Sentences of the method's own laws, each checked by the property test */
  readonly laws: readonly string[];
}

const schemaOf = (shape: z.ZodRawShape): Readonly<Record<string, unknown>> =>
  z.toJSONSchema(z.strictObject(shape), { io: "input" });

const weightOf = z.object({ properties: z.object({ weight: z.object({ default: z.number(), description: z.string() }) }) });

/** Every method as data, in the order of the list. */
export const describeMethods = (): MethodDescription[] =>
  methods.map((method) => {
    const parentParametersSchema = schemaOf(method.perParent.shape);
    return {
      id: method.id,
      version: method.version,
      title: method.title,
      summary: method.summary,
      source: method.source,
      family: method.family,
      minParents: method.arity.min,
      maxParents: method.arity.max,
      base: method.base,
      needsBase: method.base === "required",
      perParentWeight: weightOf.safeParse(parentParametersSchema).data?.properties.weight ?? null,
      acceptsDelta: method.accepts.includes("delta"),
      outputsDelta: method.output === "delta",
      accepts: method.accepts,
      output: method.output,
      statistics: method.statistics ?? null,
      parametersSchema: schemaOf(method.params.shape),
      parentParametersSchema,
      laws: method.laws.map(({ sentence }) => sentence),
    };
  });

/** Sentences of the laws that every method obeys. */
export const universalLawSentences: readonly string[] = universalLaws.map(({ sentence }) => sentence);
