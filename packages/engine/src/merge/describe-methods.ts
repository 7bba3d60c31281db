import { z } from "zod";
import { universalLaws } from "./laws.ts";
import { methods } from "./methods/index.ts";

/** A method as data for schemas, forms and documentation. */
export interface MethodDescription {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  readonly source: string;
  readonly minParents: number;
  /** null: no limit but that of recipes */
  readonly maxParents: number | null;
  readonly needsBase: boolean;
  readonly perParentWeight: { readonly default: number; readonly description: string } | null;
  /** Whether parents may be task vectors, and whether the result is one */
  readonly acceptsDelta: boolean;
  readonly outputsDelta: boolean;
  /** JSON Schema (draft 2020-12) of `parameters` in a recipe, defaults and bounds included */
  readonly parametersSchema: Readonly<Record<string, unknown>>;
  /** Sentences of the method's own laws, each checked by the property test */
  readonly laws: readonly string[];
}

/** Every method as data, in the order of the list. */
export const describeMethods = (): MethodDescription[] =>
  methods.map((method) => ({
    id: method.id,
    version: method.version,
    title: method.title,
    summary: method.summary,
    source: method.source,
    minParents: method.arity.min,
    maxParents: method.arity.max,
    needsBase: method.needsBase,
    perParentWeight: method.perParent.weight ?? null,
    acceptsDelta: method.accepts.includes("delta"),
    outputsDelta: method.output === "delta",
    parametersSchema: z.toJSONSchema(z.strictObject(method.params.shape), { io: "input" }),
    laws: method.laws.map(({ sentence }) => sentence),
  }));

/** Sentences of the laws that every method obeys. */
export const universalLawSentences: readonly string[] = universalLaws.map(({ sentence }) => sentence);
