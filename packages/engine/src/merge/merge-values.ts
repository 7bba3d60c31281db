import { input } from "../expr/expr.ts";
import { evaluate } from "../expr/scalar.ts";
import type { MergeMethod, Space } from "./define-method.ts";

/** One tensor of a merge, in memory. */
export interface MergeValues {
  readonly base: Float32Array | null;
  readonly parents: readonly Float32Array[];
  /** Default: weights, for every parent */
  readonly spaces?: readonly Space[];
  /** Default: the method's default weight */
  readonly weights?: readonly number[];
  readonly params?: Readonly<Record<string, unknown>>;
}

/** Merges one tensor by the slow interpreter. For laws, tests and explanations; checkpoints go through `mergeToFolder`. */
export function mergeValues(method: MergeMethod, values: MergeValues): Float32Array {
  const base = method.needsBase ? values.base : null;
  const first = base === null ? 0 : 1;
  const parents = values.parents.map((_, i) => ({
    value: input(first + i),
    space: values.spaces?.[i] ?? ("weights" as const),
    weight: values.weights?.[i] ?? method.perParent.weight?.default ?? 1,
  }));
  const expr = method.build({ base: base === null ? null : input(0), parents, params: values.params ?? {} });
  return evaluate(expr, base === null ? values.parents : [base, ...values.parents]);
}
