import { changed, filled } from "./information.ts";
import { close, difference, farFromBase, firstOf, type Law, merge, ownWith, type Sample, same, scaleOf } from "./law.ts";

// Laws of DF-Merge: information measured where each parent stands on its way from the base.

const lambdaOf = ({ own }: Sample, i: number): number => Number(own[i]?.["lambda"] ?? 0.3);

/** 1e-6 of the largest step that a sample can make. */
const room = (sample: Sample): number => 16 * sample.parents.length * scaleOf([sample.base, ...sample.parents]);

/** base + Σ λᵢ·τᵢ times a factor */
const moved = (sample: Sample, factor = 1): Float32Array =>
  sample.base.map(
    (x, p) => x + factor * sample.parents.reduce((sum, parent, i) => sum + lambdaOf(sample, i) * ((parent[p] ?? 0) - x), 0),
  );

export const zeroLambdasGiveBase: Law = {
  sentence: "lambda 0 for every parent gives the base.",
  holds: (method, sample) => same(merge(method, sample, { own: ownWith(sample, { lambda: 0 }) }), sample.base),
};

export const singleMovesByLambda: Law = {
  sentence: "One parent alone moves by lambda, whatever its information.",
  holds(method, sample) {
    const one = { ...sample, parents: [firstOf(sample)], own: sample.own.slice(0, 1) };
    return close(merge(method, one), moved(one), room(one));
  },
};

export const equalInformationIsTaskArithmetic: Law = {
  sentence: "The same information everywhere, or none, gives task arithmetic with the same lambda.",
  holds: (method, sample) =>
    [0, 1e-20, 0.5 + sample.t].every((value) =>
      close(merge(method, sample, { statistics: changed(sample, filled(value)) }), moved(sample), room(sample)),
    ),
};

export const inverseCountIsFisherMerging: Law = {
  sentence: "lambda 1/M with information of the parents themselves gives Fisher merging without normalisation.",
  holds(method, sample) {
    const { parents, statistics } = sample;
    const last = (statistics?.parents ?? []).map((grid) => grid.slice(-1));
    const own = ownWith(sample, { lambda: 1 / parents.length });
    const merged = merge(method, sample, { own, statistics: { parents: last } });
    const information = (i: number, p: number): number => last[i]?.[0]?.values[p] ?? 0;
    const wanted = sample.base.map((_, p) => {
      const below = parents.reduce((sum, _parent, i) => sum + information(i, p), 0);
      return parents.reduce((sum, parent, i) => sum + information(i, p) * (parent[p] ?? 0), 0) / below;
    });
    return close(merged, wanted, room(sample));
  },
};

export const equalTaskVectorsAddUp: Law = {
  sentence: "Equal parents with equal lambda move M times as far as one.",
  holds(method, sample) {
    const same = { ...sample, parents: sample.parents.map(() => firstOf(sample)), own: ownWith(sample, { lambda: 0.7 }) };
    return close(merge(method, same), moved(same), room(sample));
  },
};

export const loudInformationDecides: Law = {
  sentence: "Information far above that of the others gives base + M·λ times that parent's task vector.",
  holds(method, sample) {
    const last = sample.parents.length - 1;
    const statistics = changed(sample, (values, i) => (i === last ? values.map(() => 1e12) : values));
    const own = sample.own.map((each, i) => ({ ...each, lambda: i === last ? lambdaOf(sample, i) : 0.4 }));
    const alone = { ...sample, parents: sample.parents.slice(last), own: sample.own.slice(last) };
    return close(merge(method, sample, { own, statistics }), moved(alone, sample.parents.length), room(sample));
  },
};

export const silentParentShrinks: Law = {
  sentence: "A parent with lambda 0 still counts below: with equal information the others keep their task arithmetic.",
  holds(method, sample) {
    const own = sample.own.map((each, i) => (i === 0 ? { ...each, lambda: 0 } : each));
    const statistics = changed(sample, filled(0.3));
    const silent = { ...sample, own };
    return close(merge(method, sample, { own, statistics }), moved(silent), room(sample));
  },
};

export const withinMovedParents: Law = {
  sentence: "Every step lies between the smallest and the largest of M·λᵢ·τᵢ.",
  holds(method, sample) {
    const slack = 1e-6 * room(sample);
    return difference(merge(method, sample), sample.base).every((step, p) => {
      const steps = sample.parents.map(
        (parent, i) => sample.parents.length * lambdaOf(sample, i) * ((parent[p] ?? 0) - (sample.base[p] ?? 0)),
      );
      return step >= Math.min(...steps) - slack && step <= Math.max(...steps) + slack;
    });
  },
};

export const trimmedFirst: Law = {
  sentence: "One parent alone moves by lambda where its changes are the ⌊ρ·n + ½⌋ largest, and stays elsewhere.",
  holds(method, sample) {
    const { base, parents } = farFromBase(sample, (entry) => (entry % 2 === 0 ? 1 : -1));
    const [model = base] = parents;
    const density = Math.max(0.05, sample.t);
    const delta = difference(model, base);
    const merged = merge(method, sample, { base, parents: [model], own: [{ lambda: 1, density }] });
    const isMoved = difference(merged, base).map((step) => (step === 0 ? 0 : 1));
    const kept = [...delta].filter((_, i) => isMoved[i] === 1).map(Math.abs);
    const dropped = [...delta].filter((_, i) => isMoved[i] === 0).map(Math.abs);
    const count = Math.round(density * base.length);
    const isWhole = merged.every((x, i) => x === base[i] || x === model[i]);
    return kept.length === count && isWhole && Math.min(...kept, Number.MAX_VALUE) >= Math.max(...dropped, 0);
  },
};
