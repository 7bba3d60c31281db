import { describe, expect, it } from "vitest";
import { input } from "../src/expr/expr.ts";
import { mergeModel } from "../src/merge/merge-values.ts";
import { expectClose, f32, merged, method } from "./method-examples.ts";

const whole = (name: string, shape: readonly number[], ...parents: readonly (readonly number[])[]) => ({
  ...{ name, shape, base: new Float32Array(parents[0]?.length ?? 0) },
  parents: parents.map((values) => Float32Array.from(values)),
});

describe("TIES over the whole model, by hand", () => {
  const tensors = [whole("a", [3], [10, -9, 1]), whole("b", [2], [2, 3])];
  const own = [{ density: 0.4 }];

  it.each<[string, Record<string, string>, readonly number[], readonly number[]]>([
    ["two of five", { trim: "model" }, [10, -9, 0], [0, 0]],
    ["everything not below magnitude number three", { trim: "model", ties: "all" }, [10, -9, 0], [0, 3]],
    ["by tensor: one of three and one of two", {}, [10, 0, 0], [0, 3]],
  ])("%s", (_, params, a, b) => {
    const { outputs } = mergeModel(method("ties"), { tensors, own, params });
    expect(outputs).toEqual([[Float32Array.from(a)], [Float32Array.from(b)]]);
  });

  it("equal magnitudes in several tensors are kept by the order of tensors", () => {
    const equal = [whole("a", [2], [1, 1]), whole("b", [2], [-1, 1])];
    const { outputs } = mergeModel(method("ties"), { tensors: equal, own: [{ density: 0.75 }], params: { trim: "model" } });
    expect(outputs).toEqual([[f32(1, 1)], [f32(-1, 0)]]);
  });

  it("where entries cancel, the sign of most entries of the other tensors decides", () => {
    const cancelling = [whole("a", [1], [1], [-1]), whole("b", [2], [-2, -3], [-2, -3])];
    const settings = { tensors: cancelling, own: [{ density: 1 }, { density: 1 }], params: { elect: "majority" } };
    expect(mergeModel(method("ties"), settings).outputs).toEqual([[f32(-1)], [f32(-2, -3)]]);
  });
});

describe("PCB, by hand", () => {
  // Magnitudes are held below the third of four. Scores: 0.010, e^¼·0.040, e·0.090, e·0.159.
  const model = [0.1, 0.2, 0.3, 0.4];

  it.each([
    [0.5, [0, 0, 0, 0.3]],
    [0.75, [0, 0, 0.3, 0.3]],
    [1, [0, 0.2, 0.3, 0.3]],
  ])("one model keeps the best %f of its scores but the last of them", (ratio, expected) => {
    expectClose(merged("pcb", [model], { params: { ratio } }), expected);
  });

  it("is weighed by scores: loops over the formula give the same", () => {
    const parents = [1, 2, 3].map((k) => Array.from({ length: 30 }, (_, i) => Math.fround(Math.sin(i * i * k + k) ** 3)));
    const [d, ratio] = [30, 0.4];
    const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
    const sums = (parents[0] ?? []).map((_, p) => parents.reduce((acc, x) => acc + (x[p] ?? 0), 0));
    const models = parents.map((x) => {
      const order = sorted(x.map(Math.abs));
      const [low = 0, high = 0] = [order[Math.floor(d * 0.0001)], order[Math.floor(d * 0.9999 - 1)]];
      const held = x.map((v) => Math.min(Math.max(Math.abs(v), low), high));
      const scores = held.map((a, p) => Math.exp(3 * ((a - low) / (high - low)) ** 2) * Math.tanh((x[p] ?? 0) * (sums[p] ?? 0)));
      const border = sorted(scores)[Math.floor((1 - ratio) * d)] ?? 0;
      const shares = scores.map((c) => (Math.max(c, border) - border) / (Math.max(...scores) - border));
      return { values: held.map((a, p) => a * Math.sign(x[p] ?? 0)), shares };
    });
    const expected = sums.map((_, p) => {
      const all = models.reduce((acc, { shares }) => acc + (shares[p] ?? 0), 0);
      return models.reduce((acc, { values, shares }) => acc + (values[p] ?? 0) * (shares[p] ?? 0), 0) / Math.max(all, 1e-12);
    });
    expectClose(merged("pcb", parents, { params: { ratio } }), expected);
  });
});

describe("DPPA, by hand", () => {
  const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  // Above 3 and above 5 times the mean lies one entry of the first layer (100 against 14.5), none of the second.
  const tensors = [
    whole("model.layers.0.proj.weight", [2, 5], [1, -2, 3, -4, 5, -6, 7, -8, 9, 100]),
    whole("model.layers.1.proj.weight", [2, 5], ten),
    whole("model.layers.1.norm.bias", [10], ten),
    whole("model.embed.weight", [5, 2], ten),
  ];

  it("densities 0.45 + 0.1 + 0.1 and 0.45 − 0.1 − 0.1 keep six and two entries; other tensors are whole", () => {
    const params = { sparsity: 0.55, spread: 0.1 };
    const { outputs } = mergeModel(method("dppa"), { tensors, params });
    expect(outputs.map(([values]) => [...(values ?? [])])).toEqual([
      [0, 0, 0, 0, 5, -6, 7, -8, 9, 100],
      [0, 0, 0, 0, 0, 0, 0, 0, 9, 10],
      ten,
      ten,
    ]);
  });

  it("a model without layers, or without outliers, has nothing to differ in", () => {
    const even = tensors.slice(1, 2);
    expect(mergeModel(method("dppa"), { tensors: even, params: { sparsity: 0.55 } }).outputs[0]?.[0]?.filter(Boolean)).toEqual(
      f32(7, 8, 9, 10),
    );
    expect(mergeModel(method("dppa"), { tensors: tensors.slice(3), params: {} }).outputs[0]?.[0]).toEqual(Float32Array.from(ten));
  });
});

describe("EMR, by hand", () => {
  // Signs +, −, +; the second task agrees with the first only.
  const tensors = [whole("a", [3], [1, -2, 3], [2, 1, -1]), whole("b", [1], [4], [-8])];

  it("unifies, masks, and says where the parts are", () => {
    const { outputs, surveyed } = mergeModel(method("emr"), { tensors });
    expect(outputs).toEqual([
      [f32(2, -2, 3), f32(1, 1, 1), f32(1, 0, 0)],
      [f32(-8), f32(0), f32(1)],
    ]);
    const parents = [1, 2].map((k) => ({ value: input(k), delta: input(k), space: "delta" as const, input: k, own: {} }));
    const built = method("emr").build({ base: input(0), parents, params: {} });
    expect(built.map(({ prefix, stored }) => [prefix, stored])).toEqual([
      ["", "float"],
      ["mask.0.", "bits"],
      ["mask.1.", "bits"],
    ]);
    expect(method("emr").files(surveyed, ["org/a", "org/b"])).toEqual({
      "emr.json": {
        tasks: [
          { name: "org/a", mask: "mask.0.", scaler: (2 + 4) / (7 / 3) },
          { name: "org/b", mask: "mask.1.", scaler: (4 / 3 + 8) / (2 / 3 + 8) },
        ],
      },
    });
  });

  it("scales by sums over all entries on request", () => {
    const { surveyed } = mergeModel(method("emr"), { tensors, params: { rescaleOver: "global" } });
    expect(surveyed.map(({ numbers }) => [numbers["scaler.0"], numbers["scaler.1"]])).toEqual([
      [10 / 7, 12 / 10],
      [10 / 7, 12 / 10],
    ]);
  });

  it("a task that changes nothing has scale 1", () => {
    const { surveyed } = mergeModel(method("emr"), { tensors: [whole("a", [2], [0, 0], [1, 2])] });
    expect(surveyed[0]?.numbers["scaler.0"]).toBe(1);
  });

  it("emr_task: 10 + 2·mask·(2, −2, 3)", () => {
    const tasks = [{ mask: f32(1, 0, 1), scaler: 2 }];
    const settings = { base: f32(10, 10, 10), tasks, spaces: ["tasks"], params: { task: "org/a" } } as const;
    expect(merged("emr_task", [[2, -2, 3]], settings)).toEqual(f32(14, 10, 16));
  });
});
