import { describe, expect, it } from "vitest";
import { expectClose, f32, merged } from "./method-examples.ts";

const sum = (values: Float32Array): number => values.reduce((acc, x) => acc + Math.abs(x), 0);

describe("TIES, by hand", () => {
  // At density 0.4 two entries of five stay: (5, −4), (3, 6), (3, −4).
  const three = [
    [5, -4, 1, 0, 2],
    [3, 6, -1, 2, 0],
    [-1, 3, -4, 1, 0],
  ];
  const density = { density: 0.4 };

  it.each<[string, readonly number[]]>([
    // Sums 8, 5, −4: entries of that sign are averaged.
    ["weighted-mean", [4, 4.5, -4, 0, 0]],
    ["mean", [4, 4.5, -4, 0, 0]],
    ["sum", [8, 9, -4, 0, 0]],
    ["max", [5, 6, -4, 0, 0]],
  ])("%s of entries with the elected sign", (aggregate, expected) => {
    expectClose(merged("ties", three, { own: [density, density, density], params: { aggregate } }), expected);
  });

  it.each<[string, readonly number[]]>([
    // Weights 1, 2, 1: sums 11, 11, −4.
    ["weighted-mean", [11 / 3, 5, -4, 0, 0]],
    ["mean", [5.5, 7.5, -4, 0, 0]],
    ["sum", [11, 15, -4, 0, 0]],
    ["max", [6, 12, -4, 0, 0]],
  ])("%s with weights", (aggregate, expected) => {
    const own = [density, { ...density, weight: 2 }, density];
    expectClose(merged("ties", three, { own, params: { aggregate } }), expected);
  });

  it("equal magnitudes at the border: the first ones, or all", () => {
    const own = [{ density: 0.5 }];
    expect(merged("ties", [[2, -2, 2, 1]], { own })).toEqual(f32(2, -2, 0, 0));
    expect(merged("ties", [[2, -2, 2, 1]], { own, params: { ties: "all" } })).toEqual(f32(2, -2, 2, 0));
  });

  it("at least one entry stays, but none at density 0", () => {
    expect(merged("ties", [[1, 3, 2]], { own: [{ density: 0.01 }] })).toEqual(f32(0, 3, 0));
    expect(merged("ties", [[1, 3, 2]], { own: [{ density: 0 }] })).toEqual(f32(0, 0, 0));
  });

  it("where entries cancel, the sign is positive, or that of most entries", () => {
    const cancelling = [
      [1, -2, -3],
      [-1, -2, -3],
    ];
    const own = [{ density: 1 }, { density: 1 }];
    expect(merged("ties", cancelling, { own })).toEqual(f32(1, -2, -3));
    expect(merged("ties", cancelling, { own, params: { elect: "majority" } })).toEqual(f32(-1, -2, -3));
    const even = [
      [1, -2, 3],
      [-1, -2, 3],
    ];
    expect(merged("ties", even, { own, params: { elect: "majority" } })).toEqual(f32(0, -2, 3));
  });

  it("weights that agree but cancel are not divided by", () => {
    const own = [
      { density: 1, weight: 1 },
      { density: 1, weight: -1 },
    ];
    // Both weighted entries are positive: 2 + 3, over 1 − 1.
    expect(merged("ties", [[2], [-3]], { own })).toEqual(f32(5));
  });
});

describe("DARE and DELLA, by hand", () => {
  const ones = Array.from({ length: 64 }, () => 1);
  const half = { own: [{ density: 0.5 }] };

  it("DARE keeps an entry times 1/ρ, or nothing of it", () => {
    const kept = merged("dare_linear", [ones], { ...half, params: { lambda: 1 } });
    expect(new Set(kept)).toEqual(new Set([0, 2]));
    const plain = merged("dare_linear", [ones], { ...half, params: { lambda: 1, rescale: "none" } });
    expect(plain).toEqual(kept.map((x) => x / 2));
  });

  it("DARE rescaled by norm keeps the sum of magnitudes", () => {
    const values = ones.map((_, i) => (i % 3) - 1.25);
    for (const seed of [1, 2, 3]) {
      const kept = merged("dare_linear", [values], { ...half, seed, params: { lambda: 1, rescale: "l1" } });
      expect(sum(kept)).toBeCloseTo(sum(Float32Array.from(values)), 3);
      expect(kept.filter((x) => x === 0).length).toBeGreaterThan(10);
    }
  });

  it("another seed drops other entries; two parents drop different ones", () => {
    const [first, second] = [1, 2].map((seed) => merged("dare_linear", [ones], { ...half, seed, params: { lambda: 1 } }));
    expect(first).not.toEqual(second);
    const own = [{ density: 0.5 }, { density: 0.5 }];
    const both = merged("dare_linear", [ones, ones.map(() => 16)], { own, params: { lambda: 1 } });
    expect(new Set(both)).toEqual(new Set([0, 2, 32, 34]));
  });

  it("DELLA's chances in a row of five at density ½ and epsilon ¼ are 2/8, 3/8, 4/8, 5/8, 6/8 in order of magnitude", () => {
    const row = [3, -1, 5, 2, -4];
    const whole = [3 / (4 / 8), -1 / (2 / 8), 5 / (6 / 8), 2 / (3 / 8), -4 / (5 / 8)];
    const own = [{ density: 0.5, epsilon: 0.25 }];
    const seen = row.map(() => 0);
    for (let seed = 0; seed < 200; seed += 1)
      merged("della_linear", [[...row, ...row]], { own, columns: 5, seed, params: { lambda: 1 } }).forEach((x, i) => {
        if (x === 0) return;
        seen[i % 5] = (seen[i % 5] ?? 0) + 1 / 400;
        expect(x).toBeCloseTo(whole[i % 5] ?? Number.NaN, 5);
      });
    for (const [i, chance] of [4 / 8, 2 / 8, 6 / 8, 3 / 8, 5 / 8].entries())
      expect(Math.abs((seen[i] ?? 0) - chance)).toBeLessThan(0.12);
  });

  it("DARE with TIES elects among what is left", () => {
    const own = [{ density: 1 }, { density: 0 }];
    expect(merged("dare_ties", [[1], [-5]], { own, params: { lambda: 1 } })).toEqual(f32(1));
    expect(merged("dare_ties", [[1], [-5]], { own: [{ density: 1 }, { density: 1 }], params: { lambda: 1 } })).toEqual(f32(-5));
  });
});

describe("Model Breadcrumbs, by hand", () => {
  const ten = [1, -2, 3, -4, 5, -6, 7, -8, 9, -10];

  it.each<[string, Record<string, number>, readonly number[]]>([
    ["without the two largest, then five", { density: 0.5, gamma: 0.2 }, [0, 0, 0, -4, 5, -6, 7, -8, 0, 0]],
    ["⌊γ·n⌋ = 0 drops none of the largest", { density: 0.5, gamma: 0.01 }, [0, 0, 0, 0, 0, -6, 7, -8, 9, -10]],
    ["too few left: fewer of the largest are dropped", { density: 0.9, gamma: 0.3 }, [1, -2, 3, -4, 5, -6, 7, -8, 9, 0]],
    ["density 1 keeps all", { density: 1, gamma: 0.3 }, ten],
  ])("%s", (_, own, expected) => {
    expect(merged("breadcrumbs", [ten], { own: [own], params: { lambda: 1 } })).toEqual(Float32Array.from(expected));
  });

  it("rescaled by norm: 30 of 55 are left", () => {
    const own = [{ density: 0.5, gamma: 0.2 }];
    const scaled = merged("breadcrumbs", [ten], { own, params: { lambda: 1, rescale: "l1" } });
    expectClose(
      scaled,
      [0, 0, 0, -4, 5, -6, 7, -8, 0, 0].map((x) => (x * 55) / 30),
    );
  });

  it("with election: 9 + 9 against −20", () => {
    const own = [1, 2, 3].map(() => ({ density: 0.5, gamma: 0 }));
    const parents = [
      [9, 1],
      [9, 1],
      [-20, 1],
    ];
    expect(merged("breadcrumbs_ties", parents, { own, params: { lambda: 1 } })).toEqual(f32(-20, 0));
  });
});

describe("SCE, NearSwap, RAM, by hand", () => {
  const two = [
    [1, 4, 0],
    [1, -2, 3],
  ];

  it("SCE: of two differing entries the one of larger variance stays; the elected sign is the first parent's", () => {
    expect(merged("sce", two, { params: { topk: 0.5 } })).toEqual(f32(0, 4, 0));
  });

  it("SCE: weights are energies, here 10 and 40 of 50", () => {
    const pair = [
      [1, 3],
      [2, 6],
    ];
    expectClose(merged("sce", pair), [0.2 * 1 + 0.8 * 2, 0.2 * 3 + 0.8 * 6]);
  });

  it("NearSwap moves by at most t", () => {
    expect(merged("nearswap", [[0.5, 2, -4]], { params: { t: 1 } })).toEqual(f32(0.5, 1, -1));
  });

  const overlapping = [
    [1, 0, 2],
    [3, 4, 0],
  ];

  it("RAM: 1 and 3 are averaged, 4 and 2 stay", () => {
    expect(merged("ram", overlapping)).toEqual(f32(2, 4, 2));
    expect(merged("ram", overlapping, { params: { epsilon: 1.5 } })).toEqual(f32(3, 4, 2));
  });

  it("RAM+: each shares one change and has one alone, so these grow by r·min(α, 1)", () => {
    expectClose(merged("ram_plus", overlapping), [2, 4 * 1.02, 2 * 1.02]);
    expectClose(merged("ram_plus", overlapping, { params: { r: 0.5, alpha: 5 } }), [2, 6, 3]);
  });
});

describe("Arcee Fusion", () => {
  /** Straight from the formula, in f64. */
  function byLoops(x: readonly number[], y: readonly number[], columns: number): number[] {
    const softmax = (row: readonly number[]): number[] => {
      const powers = row.map(Math.exp);
      const all = powers.reduce((a, b) => a + b);
      return powers.map((power) => power / all);
    };
    const importance = x.map((value, i) => {
      const start = i - (i % columns);
      const [p, q] = [x, y].map((values) => softmax(values.slice(start, start + columns)));
      const divergence = p?.reduce((acc, chance, k) => acc + chance * Math.log(chance / (q?.[k] ?? 0)), 0) ?? 0;
      return Math.abs(value - (y[i] ?? 0)) * divergence;
    });
    const ordered = [...importance].sort((a, b) => a - b);
    const quantile = (q: number): number => ordered[Math.floor(q * (ordered.length - 1))] ?? 0;
    const border = quantile(0.5) + 1.5 * (quantile(0.75) - quantile(0.25));
    return x.map((value, i) => ((importance[i] ?? 0) >= border ? value : (y[i] ?? 0)));
  }

  it.each([
    [1, 8],
    [0.01, 8],
    [3, 20],
    [0.5, 1],
  ])("takes what loops over the formula take: deltas of size %f, rows of %i", (size, columns) => {
    const wave = (k: number) => Array.from({ length: 80 }, (_, i) => Math.fround(Math.sin(i * i * k + k)));
    const base = wave(0.7);
    const parent = wave(0.37).map((x, i) => Math.fround((base[i] ?? 0) + size * x ** 5));
    const expected = Float32Array.from(byLoops(parent, base, columns));
    const actual = merged("arcee_fusion", [parent], { base: Float32Array.from(base), columns });
    expect(actual).toEqual(expected);
    if (columns > 1) expect(new Set(actual.map((x, i) => (x === base[i] ? 0 : 1))).size).toBe(2);
  });
});
