import type { MergeMethod, Values } from "../define-method.ts";
import { type MergeValues, mergeValues } from "../merge-values.ts";

/** A random case on which laws are tried. All tensors have the same length and finite values of moderate size. */
export interface Sample {
  readonly base: Float32Array;
  /** Whether a method that may have a base has it */
  readonly withBase: boolean;
  /** As many as the method accepts, at least `arity.min` */
  readonly parents: readonly Float32Array[];
  /** What the recipe says for each parent: values that the method accepts together, weights positive */
  readonly own: readonly Values[];
  /** What the method cannot do without */
  readonly params: Values;
  readonly tasks?: MergeValues["tasks"];
  /** Positive values of moderate size; of a method that interpolates, at λ 0, 0.5 and 1.5 */
  readonly statistics?: MergeValues["statistics"];
  /** Elements of a row */
  readonly columns: number;
  readonly seed: number;
  /** Between 0 and 1 */
  readonly t: number;
}

/** An invariant of a method as data: a sentence for people, a predicate for the property test. */
export interface Law {
  readonly sentence: string;
  /** Tried on fewer samples, as each is costly */
  readonly costly?: boolean;
  holds(method: MergeMethod, sample: Sample): boolean;
}

/** The sample, with some of it replaced, as the values of a merge. */
export function valuesOf(method: MergeMethod, sample: Sample, changes: Partial<MergeValues> = {}): MergeValues {
  const { base, parents, own, tasks, statistics, columns, seed } = sample;
  return {
    ...{ parents, own, columns, seed },
    base: method.base === "optional" && !sample.withBase ? null : base,
    ...(tasks === undefined ? {} : { tasks }),
    ...(statistics === undefined ? {} : { statistics }),
    ...changes,
    params: { ...sample.params, ...changes.params },
  };
}

/** Merges a sample, some of it replaced. */
export const merge = (method: MergeMethod, sample: Sample, changes: Partial<MergeValues> = {}): Float32Array =>
  mergeValues(method, valuesOf(method, sample, changes));

/** What the sample says for each parent, with some of it replaced. */
export const ownWith = ({ own }: Sample, changes: Values): Values[] => own.map((each) => ({ ...each, ...changes }));

/** Largest magnitude over some tensors, at least the smallest normal f32. */
export const scaleOf = (tensors: readonly Float32Array[]): number =>
  tensors.reduce((scale, tensor) => tensor.reduce((m, x) => Math.max(m, Math.abs(x)), scale), 2 ** -126);

/** Denormals keep no relative precision: weights down to 0.01 turn one rounding of them into a hundred smallest steps. */
export const smallest = 2 ** -140;

/** Equal to 1e-6 of the largest value involved. */
export function close(a: Float32Array, b: Float32Array, scale: number): boolean {
  return a.length === b.length && a.every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) <= 1e-6 * scale + smallest);
}

/** Equal in every element; +0 equals -0. */
export const same = (a: Float32Array, b: Float32Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

/** Σᵢ wᵢ·xᵢ / Σᵢ wᵢ, in f64; weights left out are 1. */
export function averageByWeight({ base, parents, own }: Sample): Float32Array {
  const weightOf = (i: number): number => Number(own[i]?.["weight"] ?? 1);
  const all = parents.reduce((sum, _, i) => sum + weightOf(i), 0);
  return base.map((_, p) => parents.reduce((sum, parent, i) => sum + weightOf(i) * (parent[p] ?? 0), 0) / all);
}

export const firstOf = ({ parents, base }: Sample): Float32Array => parents[0] ?? base;
export const norm = (x: Float32Array): number => Math.sqrt(x.reduce((acc, v) => acc + v * v, 0));
export const dotOf = (x: Float32Array, y: Float32Array): number => x.reduce((acc, v, i) => acc + v * (y[i] ?? 0), 0);
export const difference = (x: Float32Array, y: Float32Array): Float32Array => x.map((v, i) => v - (y[i] ?? 0));
export const zeros = (like: Float32Array): Float32Array => new Float32Array(like.length);

/** Multiples of 1/16 and weights that are multiples of 1/4: sums of them are exact in f32, in every order. */
export function onGrid(sample: Sample): Sample {
  const rounded = (x: Float32Array): Float32Array => x.map((v) => Math.round(v * 16) / 16);
  const own = sample.own.map(({ weight, ...rest }) =>
    typeof weight === "number" ? { ...rest, weight: Math.ceil(weight * 4) / 4 } : rest,
  );
  return { ...sample, base: rounded(sample.base), parents: sample.parents.map(rounded), own };
}

/** The magnitudes of some entries, ascending, zeros left out. */
export const magnitudesOf = (entries: Float32Array | readonly number[]): Float32Array =>
  Float32Array.from(entries)
    .map(Math.abs)
    .filter((x) => x > 0)
    .sort();

/** Parents whose task vectors are exact and at least 1 in magnitude, with the signs that `sign` gives. */
export function farFromBase(sample: Sample, sign: (entry: number) => number): { base: Float32Array; parents: Float32Array[] } {
  const { base, parents } = onGrid(sample);
  const moved = parents.map((parent) => base.map((x, i) => x + sign(i) * (1 + Math.abs(parent[i] ?? 0))));
  return { base, parents: moved };
}
