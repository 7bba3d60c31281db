import { mergeModel } from "../merge-values.ts";
import { close, difference, firstOf, type Law, magnitudesOf, merge, norm, onGrid, same, scaleOf } from "./law.ts";

export const equalParentsStay: Law = {
  sentence: "Equal parents give that parent, unless they hardly differ from the base.",
  holds(method, sample) {
    const { base } = sample;
    const model = firstOf(sample);
    if (norm(difference(model, base)) < 1e-2) return true;
    return close(merge(method, sample, { parents: sample.parents.map(() => model) }), model, 4 * scaleOf([model, base]));
  },
};

export const orthogonalGivesBase: Law = {
  sentence: "Task vectors at right angles give the base.",
  holds(method, sample) {
    const { base, parents } = onGrid(sample);
    const apart = parents.map((parent, k) => parent.map((x, i) => (i % parents.length === k ? x : (base[i] ?? 0))));
    return same(merge(method, sample, { base, parents: apart }), base);
  },
};

export const betweenBaseAndMean: Law = {
  sentence: "Every value lies between the base's and the parents' mean.",
  holds(method, sample) {
    const { base, parents } = sample;
    const slack = 4e-6 * scaleOf([base, ...parents]);
    return merge(method, sample).every((x, i) => {
      const mean = parents.reduce((acc, parent) => acc + (parent[i] ?? 0), 0) / parents.length;
      const start = base[i] ?? 0;
      return x >= Math.min(start, mean) - slack && x <= Math.max(start, mean) + slack;
    });
  },
};

export const zeroTGivesBase: Law = {
  sentence: "t 0 gives the base.",
  holds: (method, sample) => same(merge(method, sample, { params: { t: 0 } }), sample.base),
};

export const nearIsTaken: Law = {
  sentence: "Values no further than t from the base's are the parent's.",
  holds(method, sample) {
    const [model, t] = [firstOf(sample), sample.t + 1e-6];
    const merged = merge(method, sample, { params: { t } });
    return model.every((x, i) => Math.abs(x - (sample.base[i] ?? 0)) > 0.999 * t || merged[i] === x);
  },
};

export const noneMovesFurther: Law = {
  sentence: "No value moves by more than t, and all move towards the parent.",
  holds(method, sample) {
    const { base, t } = sample;
    const model = firstOf(sample);
    const moves = difference(merge(method, sample, { params: { t } }), base);
    const slack = 1e-6 * scaleOf([base, model]);
    const deltas = difference(model, base);
    return moves.every((x, i) => Math.abs(x) <= t + slack && x * Math.sign(deltas[i] ?? 0) >= -slack);
  },
};

export const fewChangesAreTaken: Law = {
  sentence: "Where fewer than a quarter of the values differ from the base's, all of them are taken.",
  holds(method, sample) {
    const model = firstOf(sample);
    const changed = Math.ceil(model.length / 4) - 1;
    const few = sample.base.map((x, i) => (i < changed ? (model[i] ?? 0) : x));
    return same(merge(method, sample, { parents: [few] }), few);
  },
};

export const outsideLayersAllIsKept: Law = {
  sentence: "Tensors that are no linear module of a layer stay as the parent has them.",
  holds(method, sample) {
    const model = firstOf(sample);
    return close(merge(method, sample), model, 2 * scaleOf([model, sample.base]));
  },
};

export const evenSpreadPrunesEvenly: Law = {
  sentence: "spread 0 keeps the largest entries of every linear module, the same share of each.",
  holds(method, sample) {
    const { base, t } = sample;
    const [rows, columns] = [2, base.length];
    const model = firstOf(sample);
    const start = new Float32Array(rows * columns);
    // Tensors of different size and scale, in two layers.
    const tensors = [1, 2, 3].map((k) => {
      const values = Float32Array.from([...model, ...base]).map((x) => x * 2 ** k);
      const shape = k === 3 ? [columns, rows] : [rows, columns];
      return { name: `model.layers.${k % 2}.proj${k}.weight`, shape, base: start, parents: [values] };
    });
    const { outputs } = mergeModel(method, { tensors, params: { sparsity: t, spread: 0 } });
    const keep = Math.max(0, start.length - Math.floor(start.length * Math.min(Math.max(t, 0.01), 1 - 1e-9)) - 1);
    return outputs.every(([merged = start], k) => {
      const all = Float32Array.from(tensors[k]?.parents[0] ?? start)
        .map(Math.abs)
        .sort();
      return same(magnitudesOf(merged), magnitudesOf(all.slice(all.length - keep)));
    });
  },
};

export const largestOfAModelBounds: Law = {
  sentence: "No entry moves further than a parent's largest entry, times its weight, at lambda 1.",
  holds(method, sample) {
    const { base, parents } = sample;
    const moves = difference(merge(method, sample, { params: { lambda: 1 } }), base);
    const bounds = parents.map((parent, i) => Number(sample.own[i]?.["weight"] ?? 1) * scaleOf([difference(parent, base)]));
    const bound = Math.max(...bounds) * (1 + 1e-5) + 1e-6 * scaleOf([base]);
    return moves.every((x) => Math.abs(x) <= bound);
  },
};

export const fewEntriesMove: Law = {
  sentence: "No more entries move than every parent's share of best scores.",
  holds(method, sample) {
    const { base, parents, t } = sample;
    const ratio = Math.max(1e-6, t);
    const moved = difference(merge(method, sample, { params: { ratio } }), base).filter((x) => x !== 0).length;
    return moved <= parents.length * (base.length - Math.floor((1 - ratio) * base.length));
  },
};

export const lambdaScales: Law = {
  sentence: "lambda 2 moves every entry twice as far as lambda 1.",
  holds(method, sample) {
    const { base, parents } = sample;
    const move = (lambda: number) => difference(merge(method, sample, { params: { lambda } }), base);
    return close(
      move(2),
      move(1).map((x) => 2 * x),
      64 * scaleOf([base, ...parents]),
    );
  },
};
