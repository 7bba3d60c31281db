import type { MergeMethod } from "../define-method.ts";
import type { Measured } from "../merge-values.ts";
import { averageByWeight, close, type Law, merge, norm, type Sample, scaleOf } from "./law.ts";

/** Statistics of a sample with other values: of parent i, from those that it has. */
export const changed = ({ statistics }: Sample, change: (values: Float32Array, i: number) => Float32Array): Measured => ({
  ...statistics,
  parents: (statistics?.parents ?? []).map((grid, i) =>
    grid.map(({ lambda, values }) => ({ lambda, values: change(values, i) })),
  ),
});

export const filled = (value: number) => (values: Float32Array) => values.map(() => value);
const weightOf = ({ own }: Sample, i: number): number => Number(own[i]?.["weight"] ?? 1);

const averagesWith = (method: MergeMethod, sample: Sample, value: number, params: object): boolean => {
  const statistics = changed(sample, filled(value));
  return close(
    merge(method, sample, { statistics, params: { ...params } }),
    averageByWeight(sample),
    4 * scaleOf(sample.parents),
  );
};

export const equalInformationAverages: Law = {
  sentence: "Equal information everywhere gives the average by weight.",
  holds: (method, sample) =>
    [{}, { normalise: false, favourTarget: false }].every((params) => averagesWith(method, sample, 0.5 + sample.t, params)),
};

export const noInformationAverages: Law = {
  sentence: "No information at all gives the average by weight, as do statistics without the tensor.",
  holds(method, { statistics, ...sample }) {
    const measured = { ...sample, ...(statistics === undefined ? {} : { statistics }) };
    if (!averagesWith(method, measured, 0, { floor: 0 })) return false;
    return close(merge(method, sample), averageByWeight(sample), 4 * scaleOf(sample.parents));
  },
};

export const muchInformationDecides: Law = {
  sentence: "Information far above that of the others gives that parent.",
  holds(method, sample) {
    const last = sample.parents.length - 1;
    const statistics = changed(sample, (values, i) => (i === last ? values.map(() => 1e12) : values));
    const merged = merge(method, sample, { statistics, params: { normalise: false } });
    return close(merged, sample.parents[last] ?? sample.base, 4 * scaleOf(sample.parents));
  },
};

export const scaleOfInformationIsIrrelevant: Law = {
  sentence:
    "Normalised, parents are weighed by the direction of their information; its scale changes nothing but the last rounding.",
  holds(method, sample) {
    const statistics = changed(sample, (values, i) => (i === 0 ? values.map((value) => 3 * value) : values));
    const directions = (sample.statistics?.parents ?? []).map(([first], i) => {
      const values = first?.values ?? new Float32Array();
      return Float64Array.from(values, (value) => (weightOf(sample, i) * value) / norm(values));
    });
    const wanted = sample.base.map((_, p) => {
      const below = directions.reduce((sum, direction) => sum + (direction[p] ?? 0), 0);
      return sample.parents.reduce((sum, parent, i) => sum + (directions[i]?.[p] ?? 0) * (parent[p] ?? 0), 0) / below;
    });
    return close(merge(method, sample, { statistics, params: { floor: 0 } }), wanted, 8 * scaleOf(sample.parents));
  },
};
