import type { z } from "zod";
import type { Factors } from "./factors.ts";

/** A module of an adapter that a method has made. */
export interface MadeModule {
  readonly factors: Factors;
  /** ‖ΔW‖² of what was to be held, and how much of it the factors leave out; null when nothing is cut */
  readonly cut: { readonly energy: number; readonly tailEnergy: number } | null;
}

/** The base weight of a module. */
export interface ModuleShape {
  readonly rows: number;
  readonly columns: number;
}

/** Makes an adapter of adapters, module by module. */
export interface Combination<Own, Params> {
  readonly kind: "combine";
  /** Rank of the result from those of the parents; a text: why these ranks cannot be merged, and what to do */
  rank(module: ModuleShape & { readonly ranks: readonly number[] }, params: Params): number | string;
  make(parts: readonly { readonly factors: Factors; readonly own: Own }[], params: Params): MadeModule;
}

/** Makes an adapter of a fine-tuned model and its base, module by module. */
export interface Extraction<Params> {
  readonly kind: "extract";
  /** Largest rank that the module can get */
  rank(module: ModuleShape, params: Params): number;
  make(weights: ModuleShape & { readonly model: Float32Array; readonly base: Float32Array }, params: Params): MadeModule;
}

export type AdapterWork<Own, Params> = Combination<Own, Params> | Extraction<Params>;

type Values = Readonly<Record<string, unknown>>;

/** The same for a caller that does not know the schemas. */
export function untypedWork<Own extends z.ZodObject, Params extends z.ZodObject>(
  work: AdapterWork<z.output<Own>, z.output<Params>>,
  own: Own,
  params: Params,
): AdapterWork<Values, Values> {
  if (work.kind === "extract")
    return {
      kind: "extract",
      rank: (module, values) => work.rank(module, params.parse(values)),
      make: (weights, values) => work.make(weights, params.parse(values)),
    };
  return {
    kind: "combine",
    rank: (module, values) => work.rank(module, params.parse(values)),
    make: (parts, values) =>
      work.make(
        parts.map((part) => ({ factors: part.factors, own: own.parse(part.own) })),
        params.parse(values),
      ),
  };
}
