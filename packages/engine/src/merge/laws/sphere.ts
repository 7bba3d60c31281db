import type { MergeMethod } from "../define-method.ts";
import { close, difference, dotOf, type Law, merge, norm, type Sample, scaleOf, zeros } from "./law.ts";

export const endpoints: Law = {
  sentence: "t 0 gives the first parent and t 1 the second.",
  holds(method, sample) {
    return [0, 1].every((t) => {
      const parent = sample.parents[t] ?? sample.base;
      return close(merge(method, sample, { params: { t } }), parent, scaleOf(sample.parents));
    });
  },
};

export const mirrored: Law = {
  sentence: "Swapping the parents and taking 1 - t gives the same.",
  holds(method, sample) {
    const swapped = { parents: [...sample.parents].reverse(), params: { t: 1 - sample.t } };
    const merged = merge(method, sample, { params: { t: sample.t } });
    return close(merged, merge(method, sample, swapped), 64 * scaleOf(sample.parents));
  },
};

export const keepsNorm: Law = {
  sentence: "Between parents of equal norm the norm stays the same, unless they are nearly parallel.",
  holds(method, sample) {
    const pair = pairOfEqualNorm(sample);
    if (pair === null) return true;
    return Math.abs(norm(merge(method, sample, { parents: pair, params: { t: sample.t } })) / norm(pair[0]) - 1) < 1e-4;
  },
};

/** The first two parents, the second scaled to the norm of the first; null when they are nearly parallel, opposite, or zero. */
function pairOfEqualNorm({ parents, base }: Sample): readonly [Float32Array, Float32Array] | null {
  const [a = base, b = base] = parents;
  const [na, nb] = [norm(a), norm(b)];
  if (Math.min(na, nb) < 2 ** -100 || !(Math.abs(dotOf(a, b) / (na * nb)) <= 0.999)) return null;
  return [a, b.map((x) => x * (na / nb))];
}

export const zeroWeightGivesOther: Law = {
  sentence: "A weight of 0 for one parent gives the other.",
  holds(method, sample) {
    return [0, 1].every((i) => {
      const own = [{ weight: i === 0 ? 1 : 0 }, { weight: i }];
      return close(
        merge(method, sample, { own }),
        sample.parents[i] ?? sample.base,
        2 * scaleOf([sample.base, ...sample.parents]),
      );
    });
  },
};

export const weightsMirrored: Law = {
  sentence: "Swapping the parents together with their weights gives the same, unless they are nearly opposite.",
  holds(method, sample) {
    const start = sample.withBase ? sample.base : zeros(sample.base);
    const [a = start, b = start] = sample.parents.map((parent) => difference(parent, start));
    if (dotOf(a, b) < -0.999 * norm(a) * norm(b)) return true;
    const swapped = { parents: [...sample.parents].reverse(), own: [...sample.own].reverse() };
    return close(merge(method, sample), merge(method, sample, swapped), 64 * scaleOf([sample.base, ...sample.parents]));
  },
};

export const equalWeightsKeepNorm: Law = {
  sentence: "Parents of equal norm and equal weight give that norm, unless they are nearly parallel.",
  holds(method, sample) {
    const pair = pairOfEqualNorm(sample);
    if (pair === null) return true;
    return Math.abs(norm(merge(method, sample, { base: null, parents: pair, own: [] })) / norm(pair[0]) - 1) < 1e-4;
  },
};

/**
 * Vectors that have a mean direction: none is hardly longer than 0, and their directions do not cancel.
 */
function meanDirectionIsClear(vectors: readonly Float32Array[]): boolean {
  const [first] = vectors;
  if (first === undefined || vectors.some((vector) => norm(vector) < 1e-2)) return false;
  const mean = first.map((_, i) => vectors.reduce((acc, vector) => acc + (vector[i] ?? 0) / norm(vector), 0) / vectors.length);
  return norm(mean) > 0.2;
}

export const keepsMeanNorm: Law = {
  sentence: "Parents of equal weight give their mean norm, unless their directions cancel.",
  holds(method, sample) {
    const { parents } = sample;
    if (!meanDirectionIsClear(parents)) return true;
    const mean = parents.reduce((acc, parent) => acc + norm(parent), 0) / parents.length;
    return Math.abs(norm(merge(method, sample, { base: null, own: [] })) / mean - 1) < 1e-5;
  },
};

export const scalesWithParents: Law = {
  sentence: "Parents twice as large give a result twice as large, unless their directions cancel.",
  holds(method, sample) {
    const { parents } = sample;
    if (!meanDirectionIsClear(parents)) return true;
    const settings = { base: null, own: [] };
    const doubled = merge(method, sample, { ...settings, parents: parents.map((parent) => parent.map((x) => 2 * x)) });
    const twice = merge(method, sample, settings).map((x) => 2 * x);
    return close(doubled, twice, 16 * parents.length * scaleOf(parents));
  },
};

export const orderIrrelevantOnSphere: Law = {
  sentence: "The order of the parents changes nothing but roundings, unless their directions cancel.",
  holds(method, sample) {
    const { parents } = sample;
    if (!meanDirectionIsClear(parents)) return true;
    const settings = { base: null, own: [] };
    const reversed = merge(method, sample, { ...settings, parents: [...parents].reverse() });
    return close(merge(method, sample, settings), reversed, 16 * parents.length * scaleOf(parents));
  },
};

/** Two parents in a method for several, compared with another method. */
export const twoAre = (other: MergeMethod): Law => ({
  sentence: `Two parents of equal weight give what ${other.title} gives, unless they are nearly opposite.`,
  holds(method, sample) {
    const pair = sample.parents.slice(0, 2);
    if (!meanDirectionIsClear(pair)) return true;
    const settings = { base: null, own: [], parents: pair };
    return close(merge(method, sample, settings), merge(other, sample, settings), 64 * scaleOf(pair));
  },
});

export const twoOfEqualNormAre = (other: MergeMethod): Law => ({
  sentence: `Two parents of equal norm and equal weight give what ${other.title} gives, unless they are nearly opposite.`,
  holds(method, sample) {
    const pair = pairOfEqualNorm(sample);
    if (pair === null || !meanDirectionIsClear(pair)) return true;
    const settings = { base: null, own: [], parents: pair };
    return close(merge(method, sample, settings), merge(other, sample, settings), 64 * scaleOf(pair));
  },
});
