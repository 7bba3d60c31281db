import { changed, filled } from "./information.ts";
import { close, firstOf, type Law, merge, type Sample, same, scaleOf } from "./law.ts";

// Laws of UGM.

const room = (sample: Sample): number => 16 * sample.parents.length * scaleOf([sample.base, ...sample.parents]);

/** base + factor·Σ τᵢ */
const moved = ({ base, parents }: Sample, factor: number): Float32Array =>
  base.map((x, p) => x + factor * parents.reduce((sum, parent) => sum + (parent[p] ?? 0) - x, 0));

export const zeroAlphaGivesBase: Law = {
  sentence: "alpha 0 gives the base.",
  holds: (method, sample) => same(merge(method, sample, { params: { alpha: 0 } }), sample.base),
};

export const singleAtFullAlpha: Law = {
  sentence: "One parent alone with alpha 1 gives that parent.",
  holds(method, sample) {
    const parents = [firstOf(sample)];
    return close(merge(method, sample, { parents, own: [{ examples: 3 }] }), firstOf(sample), room(sample));
  },
};

export const weighedByCurvature: Law = {
  sentence: "Without curvature of the base, alpha 1 gives the average of the parents weighed by curvature times examples.",
  holds(method, sample) {
    const { base, parents, statistics } = sample;
    const without = { parents: statistics?.parents ?? [], base: new Float32Array(base.length) };
    const own = parents.map((_, i) => ({ examples: i + 1 }));
    const wanted = base.map((_, p) => {
      const weights = parents.map((_parent, i) => (i + 1) * (without.parents[i]?.[0]?.values[p] ?? 0));
      const below = weights.reduce((sum, weight) => sum + weight, 0);
      return parents.reduce((sum, parent, i) => sum + (weights[i] ?? 0) * (parent[p] ?? 0), 0) / below;
    });
    return close(merge(method, sample, { own, statistics: without }), wanted, room(sample));
  },
};

export const equalCurvaturesAverage: Law = {
  sentence:
    "Equal curvature and examples of the parents, no curvature of the base, and alpha 1 give the average; as do statistics without the tensor.",
  holds(method, { statistics, ...sample }) {
    const measured = { ...sample, ...(statistics === undefined ? {} : { statistics }) };
    const equal = { ...changed(measured, filled(0.5 + sample.t)), base: new Float32Array(sample.base.length) };
    const average = moved(sample, 1 / sample.parents.length);
    const own = sample.parents.map(() => ({ examples: 2 }));
    return [{ statistics: equal, own }, {}].every((changes) => close(merge(method, sample, changes), average, room(sample)));
  },
};

export const hugeBaseCurvatureIsTaskArithmetic: Law = {
  sentence: "Curvature of the base far above that of the parents gives task arithmetic with alpha.",
  holds(method, sample) {
    const statistics = { ...changed(sample, (values) => values), base: sample.base.map(() => 1e12) };
    const params = { alpha: 0.5 + sample.t };
    return close(merge(method, sample, { statistics, params }), moved(sample, params.alpha), room(sample));
  },
};

export const noCurvatureIsTaskArithmetic: Law = {
  sentence: "No curvature of the parents, or none at all, gives task arithmetic with alpha.",
  holds(method, sample) {
    const none = changed(sample, filled(0));
    const params = { alpha: 0.5 + sample.t };
    return [none, { ...none, base: new Float32Array(sample.base.length) }].every((statistics) =>
      [0, 1e-12].every((prior) =>
        close(merge(method, sample, { statistics, params: { ...params, prior } }), moved(sample, params.alpha), room(sample)),
      ),
    );
  },
};
