import { close, firstOf, type Law, merge, onGrid, same, scaleOf } from "./law.ts";

export const zeroLambdaGivesBase: Law = {
  sentence: "lambda 0 gives the base.",
  holds: (method, sample) => same(merge(method, sample, { params: { lambda: 0 } }), sample.base),
};

export const singleAtFullLambda: Law = {
  sentence: "One parent with weight 1 and lambda 1 gives that parent.",
  holds(method, sample) {
    const model = firstOf(sample);
    const merged = merge(method, sample, { parents: [model], own: [{ weight: 1 }], params: { lambda: 1 } });
    return close(merged, model, 2 * scaleOf([model, sample.base]));
  },
};

export const inverseCountIsMean: Law = {
  sentence: "lambda 1/M, or normalize with lambda 1, gives the mean of M parents of weight 1.",
  holds(method, sample) {
    const { parents, base } = sample;
    const mean = base.map((_, i) => parents.reduce((acc, parent) => acc + (parent[i] ?? 0), 0) / parents.length);
    const scale = 8 * scaleOf([base, ...parents]);
    const [small, normal] = [{ lambda: 1 / parents.length }, { lambda: 1, normalize: true }];
    return [small, normal].every((params) => close(merge(method, sample, { own: [], params }), mean, scale));
  },
};

export const noChangeGivesBase: Law = {
  sentence: "Parents equal to the base give the base.",
  holds: (method, sample) => same(merge(method, sample, { parents: sample.parents.map(() => sample.base) }), sample.base),
};

export const noChangeGivesZero: Law = {
  sentence: "A parent equal to the base gives zeros.",
  holds: (method, sample) => merge(method, sample, { parents: [sample.base] }).every((x) => x === 0),
};

export const addedBackGivesParent: Law = {
  sentence: "Base plus the result gives the parent.",
  holds(method, sample) {
    const delta = merge(method, sample);
    const back = sample.base.map((x, i) => x + (delta[i] ?? 0));
    return close(back, firstOf(sample), 2 * scaleOf([firstOf(sample), sample.base]));
  },
};

export const addsUp: Law = {
  sentence: "With weights 1 the entries are added up.",
  holds(method, sample) {
    const { base, parents } = onGrid(sample);
    const sum = base.map((_, i) => parents.reduce((acc, parent) => acc + (parent[i] ?? 0), 0));
    return same(merge(method, sample, { parents, own: [] }), sum);
  },
};

export const oppositeWeightsCancel: Law = {
  sentence: "A task vector added and subtracted is gone.",
  holds(method, sample) {
    const model = firstOf(sample);
    const own = [{ weight: sample.t }, { weight: -sample.t }];
    return merge(method, sample, { parents: [model, model], own }).every((x) => x === 0);
  },
};

export const scalesWithWeights: Law = {
  sentence: "Weights twice as large give a result twice as large.",
  holds(method, sample) {
    const doubled = sample.own.map(({ weight }) => ({ weight: 2 * Number(weight) }));
    const twice = merge(method, sample).map((x) => 2 * x);
    return close(merge(method, sample, { own: doubled }), twice, scaleOf(sample.parents));
  },
};

export const analogyOfItself: Law = {
  sentence: "When A is B, lambda 1 gives C.",
  holds(method, sample) {
    const { base, parents } = sample;
    const [c = base, a = base] = parents;
    return close(merge(method, sample, { parents: [c, a, a], params: { lambda: 1 } }), c, 8 * scaleOf([base, ...parents]));
  },
};

export const swappingBAndCChangesNothing: Law = {
  sentence: "B and C may be swapped.",
  holds(method, sample) {
    const { parents } = sample;
    const [c = sample.base, b = sample.base, a = sample.base] = parents;
    return same(merge(method, sample), merge(method, sample, { parents: [b, c, a] }));
  },
};
