import type { MergeMethod, Values } from "./define-method.ts";
import { mergeValues } from "./merge-values.ts";

/** A random case on which laws are tried. All tensors have the same length and finite values of moderate size. */
export interface Sample {
  readonly base: Float32Array;
  /** As many as the method accepts, at least `arity.min` */
  readonly parents: readonly Float32Array[];
  /** What the recipe says for each parent: positive weights, for methods that have them */
  readonly own: readonly Values[];
  /** Between 0 and 1 */
  readonly t: number;
}

/** An invariant of a method as data: a sentence for people, a predicate for the property test. */
export interface Law {
  readonly sentence: string;
  holds(method: MergeMethod, sample: Sample): boolean;
}

/** Largest magnitude over some tensors, at least the smallest normal f32. */
const scaleOf = (tensors: readonly Float32Array[]): number =>
  tensors.reduce((scale, tensor) => tensor.reduce((m, x) => Math.max(m, Math.abs(x)), scale), 2 ** -126);

/** Denormals keep no relative precision: weights down to 0.01 turn one rounding of them into a hundred smallest steps. */
const smallest = 2 ** -140;

/** Equal to 1e-6 of the largest value involved. */
function close(a: Float32Array, b: Float32Array, scale: number): boolean {
  return a.length === b.length && a.every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) <= 1e-6 * scale + smallest);
}

/** Equal in every element; +0 equals -0. */
const same = (a: Float32Array, b: Float32Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

const firstOf = ({ parents, base }: Sample): Float32Array => parents[0] ?? base;
const norm = (x: Float32Array): number => Math.sqrt(x.reduce((acc, v) => acc + v * v, 0));

export const idempotent: Law = {
  sentence: "Merging a model with itself gives that model.",
  holds(method, sample) {
    const model = firstOf(sample);
    const parents = sample.parents.map(() => model);
    return close(mergeValues(method, { ...sample, parents }), model, scaleOf([model]));
  },
};

export const single: Law = {
  sentence: "One parent alone gives that parent.",
  holds(method, sample) {
    const model = firstOf(sample);
    return close(mergeValues(method, { base: null, parents: [model], own: sample.own.slice(0, 1) }), model, scaleOf([model]));
  },
};

export const orderIrrelevant: Law = {
  sentence: "The order of the parents changes nothing but the last rounding.",
  holds(method, sample) {
    const reversed = { base: sample.base, parents: [...sample.parents].reverse(), own: [...sample.own].reverse() };
    const weight = sample.own.reduce((a, { weight: w }) => a + Math.abs(typeof w === "number" ? w : 1), 1);
    return close(
      mergeValues(method, sample),
      mergeValues(method, reversed),
      4 * weight * scaleOf([sample.base, ...sample.parents]),
    );
  },
};

export const boundedByParents: Law = {
  sentence: "With positive weights every value lies between the parents' smallest and largest.",
  holds(method, sample) {
    const slack = 1e-6 * scaleOf(sample.parents) + smallest;
    return mergeValues(method, sample).every((x, i) => {
      const values = sample.parents.map((parent) => parent[i] ?? Number.NaN);
      return x >= Math.min(...values) - slack && x <= Math.max(...values) + slack;
    });
  },
};

export const zeroLambdaGivesBase: Law = {
  sentence: "lambda 0 gives the base.",
  holds: (method, sample) => same(mergeValues(method, { ...sample, params: { lambda: 0 } }), sample.base),
};

export const singleAtFullLambda: Law = {
  sentence: "One parent with weight 1 and lambda 1 gives that parent.",
  holds(method, sample) {
    const model = firstOf(sample);
    const merged = mergeValues(method, { base: sample.base, parents: [model], params: { lambda: 1 } });
    return close(merged, model, 2 * scaleOf([model, sample.base]));
  },
};

export const noChangeGivesBase: Law = {
  sentence: "Parents equal to the base give the base.",
  holds: (method, sample) =>
    same(mergeValues(method, { ...sample, parents: sample.parents.map(() => sample.base) }), sample.base),
};

export const noChangeGivesZero: Law = {
  sentence: "A parent equal to the base gives zeros.",
  holds: (method, sample) => mergeValues(method, { base: sample.base, parents: [sample.base] }).every((x) => x === 0),
};

export const addedBackGivesParent: Law = {
  sentence: "Base plus the result gives the parent.",
  holds(method, sample) {
    const delta = mergeValues(method, sample);
    const back = sample.base.map((x, i) => x + (delta[i] ?? 0));
    return close(back, firstOf(sample), 2 * scaleOf([firstOf(sample), sample.base]));
  },
};

export const endpoints: Law = {
  sentence: "t 0 gives the first parent and t 1 the second.",
  holds(method, sample) {
    return [0, 1].every((t) => {
      const parent = sample.parents[t] ?? sample.base;
      return close(mergeValues(method, { ...sample, params: { t } }), parent, scaleOf(sample.parents));
    });
  },
};

export const mirrored: Law = {
  sentence: "Swapping the parents and taking 1 - t gives the same.",
  holds(method, sample) {
    const swapped = { ...sample, parents: [...sample.parents].reverse(), params: { t: 1 - sample.t } };
    const merged = mergeValues(method, { ...sample, params: { t: sample.t } });
    return close(merged, mergeValues(method, swapped), 64 * scaleOf(sample.parents));
  },
};

export const keepsNorm: Law = {
  sentence: "Between parents of equal norm the norm stays the same, unless they are nearly parallel.",
  holds(method, sample) {
    const [a = sample.base, b = sample.base] = sample.parents;
    const [na, nb] = [norm(a), norm(b)];
    const cosine = a.reduce((acc, x, i) => acc + x * (b[i] ?? 0), 0) / (na * nb);
    if (!(Math.abs(cosine) <= 0.999)) return true;
    const parents = [a, b.map((x) => x * (na / nb))];
    return Math.abs(norm(mergeValues(method, { base: null, parents, params: { t: sample.t } })) / na - 1) < 1e-4;
  },
};

/** Laws of every method. */
export const universalLaws: readonly Law[] = [
  {
    sentence: "The result has as many elements as the parents.",
    holds: (method, sample) => mergeValues(method, sample).length === sample.base.length,
  },
  {
    sentence: "Finite parents of moderate size give a finite result.",
    holds: (method, sample) => mergeValues(method, sample).every(Number.isFinite),
  },
  {
    sentence: "The same inputs give the same bytes.",
    holds: (method, sample) =>
      Buffer.from(mergeValues(method, sample).buffer).equals(Buffer.from(mergeValues(method, sample).buffer)),
  },
  {
    sentence: "The parents are left as they were.",
    holds(method, sample) {
      const before = [sample.base, ...sample.parents].map((x) => x.slice());
      mergeValues(method, sample);
      return [sample.base, ...sample.parents].every((x, i) => same(x, before[i] ?? x.slice(1)));
    },
  },
];
