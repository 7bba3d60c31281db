import type { MergeMethod } from "../define-method.ts";
import { mergeOutputs } from "../merge-values.ts";
import {
  close,
  difference,
  firstOf,
  type Law,
  merge,
  onGrid,
  ownWith,
  type Sample,
  same,
  scaleOf,
  smallest,
  valuesOf,
} from "./law.ts";

export const idempotent: Law = {
  sentence: "Merging a model with itself gives that model.",
  holds(method, sample) {
    const model = firstOf(sample);
    const parents = sample.parents.map(() => model);
    const scale = method.base === "optional" && sample.withBase ? 4 * scaleOf([model, sample.base]) : 2 * scaleOf([model]);
    return close(merge(method, sample, { parents }), model, scale);
  },
};

export const single: Law = {
  sentence: "One parent alone gives that parent.",
  holds(method, sample) {
    const model = firstOf(sample);
    return close(merge(method, sample, { parents: [model], own: sample.own.slice(0, 1) }), model, scaleOf([model]));
  },
};

function reversedIsClose(method: MergeMethod, sample: Sample): boolean {
  const reversed = { parents: [...sample.parents].reverse(), own: [...sample.own].reverse() };
  const weight = sample.own.reduce((a, { weight: w }) => a + Math.abs(typeof w === "number" ? w : 1), 1);
  return close(merge(method, sample), merge(method, sample, reversed), 4 * weight * scaleOf([sample.base, ...sample.parents]));
}

export const orderIrrelevant: Law = {
  sentence: "The order of the parents changes nothing but the last rounding.",
  holds: reversedIsClose,
};

/** For methods that decide by the sign or rank of a sum, where a rounding may decide otherwise. */
export const orderIrrelevantWhereExact: Law = {
  sentence: "The order of the parents changes nothing but the last rounding, where their sums are exact.",
  holds: (method, sample) => reversedIsClose(method, onGrid(sample)),
};

export const orderIrrelevantToTheBit: Law = {
  sentence: "The order of the parents changes no bit where their sums are exact.",
  holds(method, sample) {
    const exact = onGrid(sample);
    const params = "rescale" in method.params.shape ? { rescale: "none" } : {};
    const reversed = { parents: [...exact.parents].reverse(), own: [...exact.own].reverse(), params };
    return same(merge(method, exact, { params }), merge(method, exact, reversed));
  },
};

export const boundedByParents: Law = {
  sentence: "With positive weights every value lies between the parents' smallest and largest.",
  holds(method, sample) {
    const slack = 1e-6 * scaleOf(sample.parents) + smallest;
    return merge(method, sample).every((x, i) => {
      const values = sample.parents.map((parent) => parent[i] ?? Number.NaN);
      return x >= Math.min(...values) - slack && x <= Math.max(...values) + slack;
    });
  },
};

export const rowsAreIndependent: Law = {
  sentence: "By rows, each row is merged as if it were alone.",
  holds(method, sample) {
    const params = { granularity: "row" };
    const { base, parents, columns } = sample;
    const whole = merge(method, sample, { params });
    return whole.every((_, start) => {
      if (start % columns !== 0) return true;
      const row = (x: Float32Array): Float32Array => x.slice(start, start + columns);
      const alone = { ...sample, base: row(base), parents: parents.map(row) };
      return same(row(whole), merge(method, alone, { params }));
    });
  },
};

export const copies: Law = {
  sentence: "At scale 1 the parent is copied bit for bit.",
  holds(method, sample) {
    const [model, copy] = [firstOf(sample), merge(method, sample, { own: ownWith(sample, { scale: 1 }) })];
    return model.every((x, i) => Object.is(x, copy[i]));
  },
};

export const scalesTheParent: Law = {
  sentence: "Every value is the parent's, times the scale.",
  holds(method, sample) {
    const scale = 4 * sample.t - 2;
    const scaled = firstOf(sample).map((x) => x * Math.fround(scale));
    return same(merge(method, sample, { own: [{ scale }] }), scaled);
  },
};

/** Laws of every method. */
export const universalLaws: readonly Law[] = [
  {
    sentence: "The result has as many elements as the parents.",
    holds: (method, sample) =>
      mergeOutputs(method, valuesOf(method, sample)).every(({ length }) => length === sample.base.length),
  },
  {
    sentence: "Finite parents of moderate size give a finite result.",
    holds: (method, sample) => mergeOutputs(method, valuesOf(method, sample)).every((output) => output.every(Number.isFinite)),
  },
  {
    sentence: "The same inputs give the same bytes.",
    holds(method, sample) {
      const [first, second] = [merge(method, sample), merge(method, sample)];
      return Buffer.from(first.buffer).equals(Buffer.from(second.buffer));
    },
  },
  {
    sentence: "The parents are left as they were.",
    holds(method, sample) {
      const before = [sample.base, ...sample.parents].map((x) => x.slice());
      merge(method, sample);
      return [sample.base, ...sample.parents].every((x, i) => same(x, before[i] ?? x.slice(1)));
    },
  },
];

/** Every value is close to one or the other. */
export const eachValueIsOneOfBoth: Law = {
  sentence: "Every value is the base's or the parent's.",
  holds(method, sample) {
    const [model, merged] = [firstOf(sample), merge(method, sample)];
    const slack = 2e-7 * scaleOf([model, sample.base]);
    const [toBase, toParent] = [difference(merged, sample.base), difference(merged, model)];
    return toBase.every((x, i) => Math.min(Math.abs(x), Math.abs(toParent[i] ?? Number.NaN)) <= slack);
  },
};
