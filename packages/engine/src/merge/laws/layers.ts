import type { Measured } from "../merge-values.ts";
import { averageByWeight, close, type Law, merge, type Sample, scaleOf } from "./law.ts";

// Laws of RegMean. The statistic of a parent is a Gram matrix, [columns, columns].

const weightOf = ({ own }: Sample, i: number): number => Number(own[i]?.["weight"] ?? 1);

const gramOf = ({ statistics }: Pick<Sample, "statistics">, i: number): Float32Array =>
  statistics?.parents[i]?.[0]?.values ?? new Float32Array();

const withGrams = (sample: Sample, change: (gram: Float32Array, i: number) => Float32Array): Measured => ({
  parents: sample.parents.map((_, i) => [{ lambda: 1, values: change(gramOf(sample, i), i) }]),
});

export const equalGramsAverage: Law = {
  sentence: "Equal Gram matrices give the average by weight, as do statistics without the tensor.",
  holds(method, { statistics, ...sample }) {
    const measured = { ...sample, ...(statistics === undefined ? {} : { statistics }) };
    const same = withGrams(measured, () => gramOf(measured, 0));
    return [{ statistics: same }, {}].every((changes) =>
      close(merge(method, sample, changes), averageByWeight(sample), 16 * scaleOf(sample.parents)),
    );
  },
};

export const noInputsAverage: Law = {
  sentence: "Inputs that no parent has seen keep the average.",
  holds(method, sample) {
    const statistics = withGrams(sample, (gram) => new Float32Array(gram.length));
    return close(merge(method, sample, { statistics }), averageByWeight(sample), 16 * scaleOf(sample.parents));
  },
};

export const diagonalGramsWeighColumns: Law = {
  sentence: "offDiagonal 0 without ridge weighs every input by weight times the diagonal of the Gram matrices.",
  holds(method, sample) {
    const { columns, parents, base } = sample;
    const merged = merge(method, sample, { params: { offDiagonal: 0, ridge: 0 } });
    const wanted = base.map((_, p) => {
      const at = (p % columns) * (columns + 1);
      const shares = parents.map((_parent, i) => weightOf(sample, i) * (gramOf(sample, i)[at] ?? 0));
      const below = shares.reduce((sum, share) => sum + share, 0);
      return parents.reduce((sum, parent, i) => sum + (shares[i] ?? 0) * (parent[p] ?? 0), 0) / below;
    });
    return close(merged, wanted, 16 * scaleOf(parents));
  },
};

/** Σᵢ cᵢ·tr((W − Wᵢ)·Gᵢ·(W − Wᵢ)ᵀ) */
function objective(sample: Sample, merged: Float32Array): number {
  const { columns, parents } = sample;
  let sum = 0;
  for (const [i, parent] of parents.entries())
    for (let row = 0; row < merged.length; row += columns)
      for (let a = 0; a < columns; a += 1)
        for (let b = 0; b < columns; b += 1) {
          const [left, right] = [row + a, row + b].map((at) => (merged[at] ?? 0) - (parent[at] ?? 0));
          sum += weightOf(sample, i) * (gramOf(sample, i)[a * columns + b] ?? 0) * (left ?? 0) * (right ?? 0);
        }
  return sum;
}

export const objectiveIsLeast: Law = {
  sentence: "With offDiagonal 1 the squared error of the outputs is not above that of the average or of any parent.",
  holds(method, sample) {
    const merged = objective(sample, merge(method, sample, { params: { offDiagonal: 1, ridge: 1e-9 } }));
    const others = [averageByWeight(sample), ...sample.parents].map((each) => objective(sample, each));
    const slack = 1e-4 * Math.max(1, ...others);
    return others.every((other) => merged <= other + slack);
  },
};
