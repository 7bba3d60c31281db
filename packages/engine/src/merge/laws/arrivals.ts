import { type MergedModel, type ModelValues, mergeModel } from "../merge-values.ts";
import { addArrivals } from "../opcm/add-arrivals.ts";
import { close, difference, dotOf, type Law, norm, type Sample, scaleOf } from "./law.ts";

const linear = "linear.weight";

/** The sample as a model with a linear weight and, unless left out, the same values once more as a bias. */
function model(
  { base, parents, columns, t }: Sample,
  { bias = true, own = parents }: { bias?: boolean; own?: readonly Float32Array[] },
): ModelValues {
  const shape = [columns === 0 ? 0 : base.length / columns, columns];
  const weight = { name: linear, shape, base, parents: own };
  return { params: { alpha: t }, tensors: bias ? [weight, { ...weight, name: "linear.bias", shape: [base.length] }] : [weight] };
}

const flat = ({ outputs }: MergedModel): Float32Array => Float32Array.from(outputs.flat().flatMap((values) => [...values]));
const twice = (values: Float32Array): Float32Array => Float32Array.from([...values, ...values]);

/** What rounding base + delta to f32 can do to a norm. */
const rounding = (values: readonly Float32Array[], length: number): number => 4e-7 * scaleOf(values) * Math.sqrt(length);

export const lengthIsMean: Law = {
  sentence: "The result is as far from the base as the parents are on average, unless their task vectors cancel out.",
  holds(method, sample) {
    const moved = norm(difference(flat(mergeModel(method, model(sample, {}))), twice(sample.base)));
    const lengths = sample.parents.map((parent) => norm(difference(twice(parent), twice(sample.base))));
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    const slack = 1e-5 * mean + rounding([sample.base, ...sample.parents], 2 * sample.base.length);
    return Math.abs(moved - mean) <= slack || moved <= slack;
  },
};

export const repeatedModelAddsNothing: Law = {
  sentence: "Where everything is a linear weight, a model that arrives again adds nothing.",
  holds(method, sample) {
    const [first = sample.base] = sample.parents;
    const values = model(sample, { bias: false, own: sample.parents.map(() => first) });
    return close(flat(mergeModel(method, values)), first, 4 * scaleOf([first, sample.base]));
  },
};

export const arrivalsAreOrthogonal: Law = {
  sentence: "What an arrival adds to a linear weight is orthogonal to what was merged before.",
  holds(_, { base, parents, columns, t }) {
    const read = (values: Float32Array) => ({ read: () => values });
    const arrived = (count: number) =>
      addArrivals({
        ...{ name: linear, shape: [columns === 0 ? 0 : base.length / columns, columns], base: read(base), state: null },
        params: { alpha: t },
        parents: parents.slice(0, count).map((values) => ({ space: "weights", own: {}, ...read(values) })),
      }).values;
    const sums = parents.map((_, i) => arrived(i + 1));
    return sums.every((sum, i) => {
      const before = sums[i - 1];
      if (before === undefined || norm(before) < 1e-30) return true;
      const added = difference(sum, before);
      // Directions below the rounding of the base do not count as taken.
      const slack = 2e-6 * Math.max(norm(sum), norm(before)) + 1e-6 * norm(base);
      return Math.abs(dotOf(added, before)) <= slack * Math.max(norm(before), norm(added));
    });
  },
};
