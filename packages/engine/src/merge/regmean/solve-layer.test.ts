import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gram, matrix, multiply, transpose } from "../../linalg/index.ts";
import { averageRows } from "./average-rows.ts";
import { type RegMeanOptions, solveLayer } from "./solve-layer.ts";

function random(length: number, seed: number): Float64Array {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return Float64Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}

const cases = fc.record({
  inputs: fc.constantFrom(1, 3, 17, 70),
  outputs: fc.integer({ min: 1, max: 20 }),
  models: fc.integer({ min: 1, max: 4 }),
  /** Fewer than inputs: the Gram matrices are singular, as few examples make them */
  rows: fc.integer({ min: 1, max: 90 }),
  offDiagonal: fc.constantFrom(0, 0.1, 0.9, 1),
  seed: fc.nat(),
});

const layersOf = ({
  inputs,
  outputs,
  models,
  rows,
  seed,
}: {
  inputs: number;
  outputs: number;
  models: number;
  rows: number;
  seed: number;
}) =>
  Array.from({ length: models }, (_, i) => {
    const weight = Float32Array.from(random(inputs * outputs, seed + 2 * i));
    const g = gram(matrix(rows, inputs, random(rows * inputs, seed + 2 * i + 1)));
    const mean = Float32Array.from(g.data, (value) => value / rows);
    return { weight: () => weight, gram: () => mean, coefficient: 0.5 + i };
  });

/** Σ cᵢ·G̃ᵢ·(W − Wᵢ)ᵀ + ρ·(W − W̄)ᵀ, which is 0 where the objective is least; its largest entry. */
function gradient(
  layers: ReturnType<typeof layersOf>,
  found: Float32Array,
  { inputs, outputs, offDiagonal, ridge }: RegMeanOptions,
): number {
  const all = layers.reduce((sum, { coefficient }) => sum + coefficient, 0);
  const sum = new Float64Array(inputs * outputs);
  let trace = 0;
  for (const layer of layers)
    for (let k = 0; k < inputs; k += 1) trace += layer.coefficient * (layer.gram()[k * (inputs + 1)] ?? 0);
  const pull = (ridge * trace) / inputs;
  for (const { weight, gram: read, coefficient } of layers) {
    const apart = Float64Array.from(found, (value, at) => value - (weight()[at] ?? 0));
    const shrunk = Float64Array.from(read(), (value, at) =>
      Math.floor(at / inputs) === at % inputs ? value : offDiagonal * value,
    );
    const pulled = multiply(matrix(inputs, inputs, shrunk), transpose(matrix(outputs, inputs, apart)));
    const turned = transpose(matrix(outputs, inputs, apart));
    pulled.data.forEach((value, at) => {
      sum[at] = (sum[at] ?? 0) + coefficient * value + (pull * coefficient * (turned.data[at] ?? 0)) / all;
    });
  }
  return sum.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

describe("a layer by RegMean", () => {
  test("is where the gradient of the objective with its ridge is 0, for any shape and however few examples", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const layers = layersOf(given);
        const options = { ...given, ridge: 1e-3 };
        const found = solveLayer(layers, options);
        expect(found).not.toBeNull();
        // Results are rounded to f32, and Gram matrices have entries up to about 1.
        expect(gradient(layers, found ?? new Float32Array(), options)).toBeLessThan(2e-6 * given.inputs);
      }),
      { numRuns: 60 },
    );
  });

  test("of matrices that lie the other way round is the same, transposed", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { inputs, outputs } = given;
        const layers = layersOf(given);
        const turn = (values: ArrayLike<number>, rows: number, columns: number) => transpose(matrix(rows, columns, values)).data;
        const turned = layers.map((layer) => ({ ...layer, weight: () => turn(layer.weight(), outputs, inputs) }));
        const options = { ...given, ridge: 1e-6 };
        const plain = solveLayer(layers, options) ?? new Float32Array();
        const other = solveLayer(turned, { ...options, isTransposed: true }) ?? new Float32Array(1);
        expect(Float32Array.from(turn(other, inputs, outputs))).toEqual(plain);
      }),
      { numRuns: 30 },
    );
  });

  test("has no solution where the matrices are no Gram matrices", () => {
    const wrong = { weight: () => [1, 2], gram: () => [1, 5, 5, 1], coefficient: 1 };
    expect(solveLayer([wrong], { inputs: 2, outputs: 1, offDiagonal: 1, ridge: 0 })).toBeNull();
  });
});

test("a table is averaged row by row as its rows are read; a row that nobody reads keeps the average", () => {
  const table = (values: number[], shares: number[], coefficient: number) => ({
    values: () => values,
    shares: () => shares,
    coefficient,
  });
  const tables = [table([1, 1, 2, 2, 3, 3], [0.5, 0.5, 0], 1), table([5, 5, 6, 6, 7, 7], [0.75, 0, 0], 2)];
  const found = averageRows(tables, 3, 2, 0);
  const first = (0.5 * 1 + 2 * 0.75 * 5) / 2;
  const third = (3 + 2 * 7) / 3;
  [first, first, 2, 2, third, third].forEach((wanted, at) => void expect(found[at]).toBeCloseTo(wanted, 6));
  // A ridge pulls all rows towards it.
  expect(averageRows(tables, 3, 2, 1e9)[2]).toBeCloseTo((2 + 2 * 6) / 3, 5);
});
