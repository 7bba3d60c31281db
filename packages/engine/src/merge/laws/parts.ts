import type { MergeMethod } from "../define-method.ts";
import { mergeModel } from "../merge-values.ts";
import { close, difference, firstOf, type Law, merge, type Sample, same, scaleOf } from "./law.ts";

/** What the artefact of an EMR gives back for each task, and the scales. */
function restored(method: MergeMethod, { base, params }: Sample, parents: readonly Float32Array[]) {
  const tensor = { name: "tensor", shape: [base.length], base, parents };
  const { outputs, surveyed } = mergeModel(method, { tensors: [tensor], params });
  const [unified = base, ...masks] = outputs[0] ?? [];
  const scalers = parents.map((_, i) => surveyed[0]?.numbers[`scaler.${i}`] ?? Number.NaN);
  const vectors = masks.map((mask, i) => unified.map((x, p) => (scalers[i] ?? 0) * (mask[p] ?? 0) * x));
  return { unified, vectors, scalers };
}

/** Every task's model comes back from equal parents. */
function isExact(method: MergeMethod, sample: Sample, parents: readonly Float32Array[]): boolean {
  const { vectors, scalers } = restored(method, sample, parents);
  const delta = difference(firstOf(sample), sample.base);
  return vectors.every((vector) => same(vector, delta)) && scalers.every((scaler) => scaler === 1);
}

export const oneTaskIsExact: Law = {
  sentence: "One task is restored exactly, with scale 1.",
  holds: (method, sample) => isExact(method, sample, [firstOf(sample)]),
};

export const identicalTasksAreExact: Law = {
  sentence: "Equal parents are restored exactly, with scale 1.",
  holds: (method, sample) =>
    isExact(
      method,
      sample,
      sample.parents.map(() => firstOf(sample)),
    ),
};

export const unifiedIsLargest: Law = {
  sentence: "Every entry of the unified vector is the largest task vector's among those of the elected sign.",
  holds(method, sample) {
    const { base, parents } = sample;
    const deltas = parents.map((parent) => difference(parent, base));
    return restored(method, sample, parents).unified.every((x, p) => {
      const values = deltas.map((delta) => delta[p] ?? 0);
      const sum = values.reduce((acc, v) => Math.fround(acc + v));
      return x === (sum > 0 ? Math.max(0, ...values) : Math.min(0, ...values));
    });
  },
};

export const keepsMagnitudes: Law = {
  sentence: "A restored task vector has the sum of magnitudes of the original, unless its mask is empty.",
  holds(method, sample) {
    const { base, parents } = sample;
    return restored(method, sample, parents).vectors.every((vector, i) => {
      const sum = (x: Float32Array): number => x.reduce((acc, v) => acc + Math.abs(v), 0);
      const [back, original] = [sum(vector), sum(difference(parents[i] ?? base, base))];
      return back < 2 ** -126 || Math.abs(back / original - 1) < 1e-5;
    });
  },
};

export const maskedOutIsBase: Law = {
  sentence: "Behind an empty mask is the base.",
  holds(method, sample) {
    const tasks = [{ mask: new Float32Array(sample.base.length), scaler: 1 + sample.t }];
    return same(merge(method, sample, { tasks }), sample.base);
  },
};

export const unmaskedAddsUp: Law = {
  sentence: "A full mask with scale 1 gives base plus vector.",
  holds(method, sample) {
    const [vector, ones] = [firstOf(sample), new Float32Array(sample.base.length).fill(1)];
    const sum = sample.base.map((x, i) => x + (vector[i] ?? 0));
    return close(merge(method, sample, { tasks: [{ mask: ones, scaler: 1 }] }), sum, scaleOf([sample.base, vector]));
  },
};
