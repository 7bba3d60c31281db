import type { MergeMethod, Values } from "../define-method.ts";
import {
  close,
  difference,
  farFromBase,
  firstOf,
  type Law,
  magnitudesOf,
  merge,
  onGrid,
  ownWith,
  type Sample,
  same,
  scaleOf,
  zeros,
} from "./law.ts";

export const zeroDensityGivesBase: Law = {
  sentence: "density 0 gives the base.",
  holds: (method, sample) => same(merge(method, sample, { own: ownWith(sample, { density: 0 }) }), sample.base),
};

const mixParams = ({ t }: Sample): Values => ({ lambda: 0.25 + t });
/** Only what a method knows of some settings. */
const known = (settings: Values, shape: object): Values =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => name in shape));

/** The sample in a method that has the same parents but perhaps fewer settings. */
function inOther(other: MergeMethod, sample: Sample, own: readonly Values[], params: Values): Float32Array {
  return merge(other, sample, { own: own.map((each) => known(each, other.perParent.shape)), params });
}

export const wholeDensityIs = (other: MergeMethod, params: Values = {}): Law => ({
  sentence: `density 1 gives what ${other.title} gives, bit for bit.`,
  holds(method, sample) {
    const own = ownWith(sample, { density: 1 });
    const merged = merge(method, sample, { own, params: mixParams(sample) });
    return same(merged, inOther(other, sample, own, { ...mixParams(sample), ...params }));
  },
});

export const zeroEpsilonIs = (other: MergeMethod): Law => ({
  sentence: `epsilon 0 gives what ${other.title} gives, bit for bit.`,
  holds(method, sample) {
    const own = ownWith(sample, { epsilon: 0 });
    const params = { ...mixParams(sample), normalize: sample.t < 0.5 };
    return same(merge(method, sample, { own, params }), inOther(other, sample, own, params));
  },
});

export const withoutGammaIs = (other: MergeMethod, params: Values): Law => ({
  sentence: `gamma 0 gives what ${other.title} gives at the same density, bit for bit.`,
  holds(method, sample) {
    const least = 1 / Math.max(1, sample.base.length);
    const own = sample.own.map((each) => ({ ...each, gamma: 0, density: Math.max(least, Number(each["density"])) }));
    return same(
      merge(method, sample, { own, params: mixParams(sample) }),
      inOther(other, sample, own, { ...mixParams(sample), ...params }),
    );
  },
});

const seeds = 300;

/** Results less the base over many seeds, of one parent in full whose task vector has no zeros. */
function movesOverSeeds(method: MergeMethod, sample: Sample, density: number): { delta: Float32Array; moves: Float32Array[] } {
  const { base, parents } = farFromBase(sample, (i) => (i % 3 === 0 ? -1 : 1));
  const [model = base] = parents;
  const own = ownWith(sample, { density, weight: 1, ...("epsilon" in method.perParent.shape && { epsilon: 0.15 }) }).slice(0, 1);
  const moves = Array.from({ length: seeds }, (_, seed) =>
    difference(merge(method, sample, { base, parents: [model], own, seed, params: { lambda: 1 } }), base),
  );
  return { delta: difference(model, base), moves };
}

export const unbiased: Law = {
  sentence: "Over seeds the mean of the result is that of keeping everything.",
  costly: true,
  holds(method, sample) {
    const density = 0.4 + 0.3 * sample.t;
    const { delta, moves } = movesOverSeeds(method, sample, density);
    // The chance of an entry may be lower by epsilon than the density.
    const [least, deviations] = [density - 0.15, 6];
    return delta.every((value, i) => {
      const mean = moves.reduce((acc, move) => acc + (move[i] ?? 0), 0) / seeds;
      return Math.abs(mean - value) <= deviations * Math.abs(value) * Math.sqrt((1 - least) / least / seeds);
    });
  },
};

export const keepsTheShare: Law = {
  sentence: "Over seeds the share of entries that are kept is the density, and larger entries are kept more often.",
  costly: true,
  holds(method, sample) {
    const density = 0.4 + 0.3 * sample.t;
    const { delta, moves } = movesOverSeeds(method, { ...sample, columns: delta1(sample) }, density);
    const rate = (entries: readonly number[]): number =>
      moves.reduce((acc, move) => acc + entries.filter((i) => move[i] !== 0).length, 0) / (seeds * entries.length);
    const order = [...delta.keys()].sort((i, j) => Math.abs(delta[i] ?? 0) - Math.abs(delta[j] ?? 0));
    const deviation = (entries: number): number => 6 * Math.sqrt(0.25 / (seeds * Math.max(1, entries)));
    const half = Math.floor(order.length / 2);
    if (order.length === 0) return true;
    if (Math.abs(rate(order) - density) > deviation(order.length)) return false;
    return half < 4 || rate(order.slice(-half)) > rate(order.slice(0, half));
  },
};

/** The tensor as one row, so that ranks are those of all its entries. */
const delta1 = ({ base }: Sample): number => base.length;

/** What one parent moves from a base of zeros, in full. */
function moveOf(method: MergeMethod, sample: Sample, own: Values, params: Values = {}): Float32Array {
  const start = zeros(sample.base);
  return merge(method, sample, { base: start, parents: [firstOf(sample)], own: [own], params: { lambda: 1, ...params } });
}

/** Every entry is the model's or 0, and those that are left have these magnitudes. */
const leaves = (move: Float32Array, model: Float32Array, magnitudes: Float32Array): boolean =>
  move.every((x, i) => x === 0 || x === model[i]) && same(magnitudesOf(move), magnitudesOf(magnitudes));

export const oneParentIsTrimmed: Law = {
  sentence: "One parent with weight 1 and lambda 1 keeps its largest entries, as many as density says and at least one.",
  holds(method, sample) {
    const [model, density] = [firstOf(sample), sample.t];
    const keep = density === 0 ? 0 : Math.max(1, Math.floor(density * model.length));
    const all = Float32Array.from(model).map(Math.abs).sort();
    return leaves(moveOf(method, sample, { density }), model, all.slice(all.length - Math.min(keep, all.length)));
  },
};

export const dropsTheEnds: Law = {
  sentence: "One parent with weight 1 and lambda 1 loses the largest share gamma and then its smallest entries.",
  holds(method, sample) {
    const [model, density] = [firstOf(sample), sample.t];
    const gamma = sample.seed % 2 === 0 ? 0.01 : 0.2;
    const all = Float32Array.from(model).map(Math.abs).sort();
    const stay = density === 1 ? all.length : Math.floor(density * all.length);
    const below = Math.max(0, all.length - stay - (density === 1 ? 0 : Math.floor(gamma * all.length)));
    return leaves(moveOf(method, sample, { density, gamma }), model, all.slice(below, below + stay));
  },
};

export const agreeingParentsAverage: Law = {
  sentence: "Parents that all move every entry the same way give their mean, at density 1 and equal weights.",
  holds(method, sample) {
    const { base, parents } = farFromBase(sample, (i) => (i % 2 === 0 ? 1 : -1));
    const mean = base.map((_, i) => parents.reduce((acc, parent) => acc + (parent[i] ?? 0), 0) / parents.length);
    const own = ownWith(sample, { density: 1, weight: 0.25 + sample.t });
    const scale = 4 * scaleOf([base, ...parents]);
    return close(merge(method, sample, { base, parents, own, params: { lambda: 1 } }), mean, scale);
  },
};

export const boundedByTaskVectors: Law = {
  sentence: "No entry moves further than the task vector that is largest there, at lambda 1 if there is one.",
  holds(method, sample) {
    const { base, parents } = sample;
    const params = "lambda" in method.params.shape ? { lambda: 1 } : {};
    const moves = difference(merge(method, sample, { params }), base);
    const slack = 2e-6 * scaleOf([base, ...parents]);
    const deltas = parents.map((parent) => difference(parent, base));
    return moves.every((x, i) => Math.abs(x) <= Math.max(...deltas.map((delta) => Math.abs(delta[i] ?? 0))) + slack);
  },
};

export const doublingChangesNothing: Law = {
  sentence: "Every parent listed twice gives the same.",
  holds(method, sample) {
    const exact = onGrid(sample);
    const twice = { parents: [...exact.parents, ...exact.parents], own: [...exact.own, ...exact.own] };
    return close(merge(method, exact), merge(method, exact, twice), scaleOf([exact.base, ...exact.parents]));
  },
};

export const equalEnergiesAre = (other: MergeMethod, own: Values, params: Values): Law => ({
  sentence: `Parents of equal energy give what ${other.title} gives without trimming.`,
  holds(method, sample) {
    const { base, parents } = onGrid(sample);
    const first = difference(parents[0] ?? base, base);
    // The entries of one task vector, turned by one place for each next parent: exact, and of equal energy.
    const turned = parents.map((_, k) => base.map((x, i) => x + (first[(i + k) % first.length] ?? 0)));
    const settings = { base, parents: turned, own: [] };
    const merged = merge(method, sample, { ...settings, params: { topk: 1 } });
    const reference = merge(other, sample, { ...settings, own: parents.map(() => own), params });
    return close(merged, reference, 4 * scaleOf([base, ...turned]));
  },
});

export const nothingSelectedGivesBase: Law = {
  sentence: "topk 0 gives the base.",
  holds: (method, sample) => same(merge(method, sample, { params: { topk: 0 } }), sample.base),
};

export const disjointSupportsAddUp: Law = {
  sentence: "Parents that change different entries add up, as far as their changes are larger than epsilon.",
  holds(method, sample) {
    const { base, parents } = farFromBase(sample, () => 1);
    const own = (k: number) => (x: number, i: number) => (i % parents.length === k ? x : (base[i] ?? 0));
    const apart = parents.map((parent, k) => parent.map(own(k)));
    const expected = base.map((_, i) => parents[i % parents.length]?.[i] ?? 0);
    return close(merge(method, sample, { base, parents: apart, params: { r: 0 } }), expected, scaleOf(parents));
  },
};

export const fullOverlapIsMean: Law = {
  sentence: "Several parents that change every entry by more than epsilon give their mean.",
  holds(method, sample) {
    const { base, parents } = farFromBase(sample, (i) => (i % 2 === 0 ? 1 : -1));
    const all = [...parents, ...parents];
    const mean = base.map((_, i) => all.reduce((acc, parent) => acc + (parent[i] ?? 0), 0) / all.length);
    return close(merge(method, sample, { base, parents: all }), mean, 4 * scaleOf([base, ...all]));
  },
};

export const zeroBoostIs = (other: MergeMethod): Law => ({
  sentence: `r 0 gives what ${other.title} gives, bit for bit.`,
  holds: (method, sample) => same(merge(method, sample, { params: { r: 0 } }), merge(other, sample)),
});
