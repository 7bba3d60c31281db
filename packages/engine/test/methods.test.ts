import { describe, expect, it } from "vitest";
import { describeMethods } from "../src/merge/describe-methods.ts";
import { mergeValues } from "../src/merge/merge-values.ts";
import { methods } from "../src/merge/methods/index.ts";
import { arccosine, logarithm, sine } from "../src/tensor/trigonometry.ts";
import { expectClose, f32, merged, method } from "./method-examples.ts";

// Worked by hand, so that the laws cannot hold of a method that computes something else.
describe("averages, by hand", () => {
  it("linear: (1·2 + 3·6) / 4 = 5", () => {
    const values = { base: null, parents: [f32(2, 0), f32(6, -4)], own: [{ weight: 1 }, { weight: 3 }] };
    expect(mergeValues(method("linear"), values)).toEqual(f32(5, -3));
    expect(mergeValues(method("linear"), { ...values, params: { normalize: false } })).toEqual(f32(20, -12));
  });

  it.each(["uniform_soup", "warm", "swa"])("%s: (2 + 6 + 10) / 3 = 6", (id) => {
    expect(merged(id, [[2], [6], [10]])).toEqual(f32(6));
  });

  it("LAWA: the last two of three, (3 + 7) / 2 = 5", () => {
    expect(merged("lawa", [[1], [3], [7]], { params: { window: 2 } })).toEqual(f32(5));
    expect(method("lawa").coefficients([{}, {}, {}], { window: 2 }).parents).toEqual([0, 0.5, 0.5]);
  });

  it("EMA with decay ½: 4, then 6, then 11", () => {
    expect(merged("ema", [[4], [8], [16]], { params: { decay: 0.5 } })).toEqual(f32(11));
    expect(method("ema").coefficients([{}, {}, {}], { decay: 0.5 }).parents).toEqual([0.25, 0.25, 0.5]);
  });

  it("passthrough: ½ · (2, −4)", () => {
    expect(merged("passthrough", [[2, -4]], { own: [{ scale: 0.5 }] })).toEqual(f32(1, -2));
  });

  it("Model Stock: at 60 degrees t = 2·½ / (1 + ½) = ⅔", () => {
    const pair = [
      [1, 0],
      [0.5, Math.sqrt(3) / 2],
    ];
    expectClose(merged("model_stock", pair), [0.5, Math.sqrt(3) / 6]);
  });

  it("Model Stock: at 120 degrees clamping gives the base; without it t = 2·(−½) / (1 − ½) = −2", () => {
    const pair = [
      [1, 0],
      [-0.5, Math.sqrt(3) / 2],
    ];
    expectClose(merged("model_stock", pair), [0, 0]);
    expectClose(merged("model_stock", pair, { params: { clamp: false } }), [-0.5, -Math.sqrt(3) / 2]);
  });

  it("Model Stock: opposite task vectors without clamp are at the pole, and give the base", () => {
    const pair = [
      [1, 2],
      [-1, -2],
    ];
    expectClose(merged("model_stock", pair, { params: { clamp: false } }), [0, 0]);
  });

  it.each([
    // Cosines ½, ½, −½; angles 60, 60, 120 degrees.
    ["cosine", 3 / 6 / (1 + 2 / 6)],
    ["angle", (3 * Math.cos((80 / 180) * Math.PI)) / (1 + 2 * Math.cos((80 / 180) * Math.PI))],
  ])("Model Stock: three parents, mean %s", (average, t) => {
    const at = (degrees: number) => [Math.cos((degrees / 180) * Math.PI), Math.sin((degrees / 180) * Math.PI)];
    const mean = [1 / 3, (2 * Math.sin(Math.PI / 3)) / 3];
    expectClose(
      merged("model_stock", [at(0), at(60), at(120)], { params: { average } }),
      mean.map((x) => t * x),
    );
  });

  it("Model Stock by rows: one row at a right angle stays, the other is equal in both and moves", () => {
    const pair = [
      [1, 0, 3, 4],
      [0, 1, 3, 4],
    ];
    expectClose(merged("model_stock", pair, { columns: 2, params: { granularity: "row" } }), [0, 0, 3, 4]);
  });
});

describe("on the sphere, by hand", () => {
  it.each<[string, number, readonly number[], readonly number[], readonly number[]]>([
    ["a third of a right angle is 30 degrees", 1 / 3, [1, 0], [0, 1], [Math.sqrt(3) / 2, 0.5]],
    ["lengths are kept apart from directions", 0.5, [2, 0], [0, 4], [Math.SQRT2, 2 * Math.SQRT2]],
    ["60 degrees, half way", 0.5, [1, 0], [0.5, Math.sqrt(3) / 2], [Math.sqrt(3) / 2, 0.5]],
    ["parallel tensors are blended linearly", 0.25, [1, 2], [2, 4], [1.25, 2.5]],
    ["opposite tensors are blended linearly", 0.25, [1, 2], [-1, -2], [0.5, 1]],
    ["a tensor of zeros is blended linearly", 0.25, [0, 0], [4, 8], [1, 2]],
  ])("SLERP: %s", (_, t, a, b, expected) => {
    expectClose(merged("slerp", [a, b], { params: { t } }), expected, 6);
  });

  it.each<[string, readonly number[], readonly number[], readonly number[]]>([
    ["weights 1 and 2 go two thirds of a right angle", [1, 0], [0, 1], [0.5, Math.sqrt(3) / 2]],
    ["opposite vectors are blended linearly", [3, -3], [-3, 3], [-1, 1]],
    ["a vector of zeros counts as at a right angle", [0, 0], [2, 4], [Math.sqrt(3), 2 * Math.sqrt(3)]],
  ])("NuSLERP: %s", (_, a, b, expected) => {
    expectClose(merged("nuslerp", [a, b], { base: null, own: [{ weight: 1 }, { weight: 2 }] }), expected);
  });

  it("NuSLERP with a base turns task vectors, by rows each its own", () => {
    const base = f32(10, 20, 30, 40);
    const parents = [
      [11, 20, 32, 40],
      [10, 21, 34, 40],
    ];
    const rows = { base, columns: 2, params: { granularity: "row" } };
    expectClose(merged("nuslerp", parents, rows), [10 + Math.SQRT1_2, 20 + Math.SQRT1_2, 33, 40]);
  });

  it("MultiSLERP: mean direction, mean length", () => {
    const pair = [
      [2, 0],
      [0, 4],
    ];
    expectClose(merged("multislerp", pair, { base: null }), [3 * Math.SQRT1_2, 3 * Math.SQRT1_2]);
    const length = 2.5 / Math.hypot(0.75, 0.25);
    expectClose(merged("multislerp", pair, { base: null, own: [{ weight: 3 }] }), [0.75 * length, 0.25 * length]);
  });

  it("MultiSLERP: directions that cancel are averaged linearly", () => {
    const pair = [
      [1, 2],
      [-3, -6],
    ];
    expectClose(merged("multislerp", pair, { base: null }), [-1, -2]);
  });

  it("Karcher: on a circle the mean of 0, 30 and 90 degrees is 40 degrees", () => {
    const at = (degrees: number, length: number) => [
      length * Math.cos((degrees / 180) * Math.PI),
      length * Math.sin((degrees / 180) * Math.PI),
    ];
    expectClose(merged("karcher", [at(0, 1), at(30, 2), at(90, 3)]), at(40, 2), 4);
  });

  it("Karcher: between opposite vectors the first decides, with the mean length; vectors of zeros give zeros", () => {
    const opposite = [
      [3, 4],
      [-6, -8],
    ];
    expectClose(merged("karcher", opposite), [4.5, 6]);
    expectClose(
      merged(
        "karcher",
        [f32(0, 0), f32(0, 0)].map((zeros) => [...zeros]),
      ),
      [0, 0],
    );
  });
});

describe("task vectors, by hand", () => {
  const pair = { base: f32(10), own: [{ weight: 2 }, {}] };

  it("task arithmetic: 10 + 0.5·(2·(12 − 10) + (7 − 10)) = 10.5, and a task vector counts as it is", () => {
    expect(merged("task_arithmetic", [[12], [7]], { ...pair, params: { lambda: 0.5 } })).toEqual(f32(10.5));
    const mixed = { ...pair, spaces: ["delta", "weights"], params: { lambda: 0.5 } } as const;
    expect(merged("task_arithmetic", [[2], [7]], mixed)).toEqual(f32(10.5));
  });

  it("task arithmetic divided by the weights: 10 + 0.75·1/3 = 10.25; by 1 where they cancel", () => {
    expectClose(merged("task_arithmetic", [[12], [7]], { ...pair, params: { lambda: 0.75, normalize: true } }), [10.25]);
    const cancelling = { base: f32(10), own: [{ weight: 1 }, { weight: -1 }], params: { lambda: 1, normalize: true } };
    expectClose(merged("task_arithmetic", [[12], [7]], cancelling), [15]);
  });

  it("task vector: 12 − 10 = 2", () => {
    expect(merged("task_vector", [[12]], { base: f32(10) })).toEqual(f32(2));
  });

  it("sum of task vectors: 2·(1, 2) − (3, 1) = (−1, 3)", () => {
    const own = [{ weight: 2 }, { weight: -1 }];
    expect(
      merged(
        "task_vector_sum",
        [
          [1, 2],
          [3, 1],
        ],
        { own },
      ),
    ).toEqual(f32(-1, 3));
  });

  it("analogy: 10 + ½·(2 + 3 − 1) = 12", () => {
    expect(merged("analogy", [[12], [13], [11]], { base: f32(10), params: { lambda: 0.5 } })).toEqual(f32(12));
  });
});

describe("what the parts of a recipe must not say together", () => {
  const codes = (id: string, parents: Record<string, unknown>[], params = {}) =>
    method(id)
      .check(parents, params)
      .map(({ code, path }) => [code, path]);

  it("weights that add up to 0 cannot be divided by, unless that is not asked for", () => {
    const opposite = [{ weight: 1 }, { weight: -1 }];
    expect(codes("linear", opposite)).toEqual([["WEIGHTS_SUM_ZERO", ["parents"]]]);
    expect(codes("multislerp", opposite)).toEqual([["WEIGHTS_SUM_ZERO", ["parents"]]]);
    expect(codes("multislerp", opposite, { normalizeWeights: false })).toEqual([]);
    expect(codes("task_arithmetic", opposite)).toEqual([]);
  });

  it("weights that are all 0 are refused by every method with weights", () => {
    for (const { id, perParent } of methods.filter((each) => "weight" in each.perParent.shape)) {
      expect(perParent.safeParse({ weight: Number.NaN }).success).toBe(false);
      expect(codes(id, [{ weight: 0 }, { weight: 0 }]), id).toHaveLength(1);
    }
  });

  it("DELLA's chances lie strictly between 0 and 1, unless the density is 0 or 1", () => {
    for (const id of ["della", "della_linear"]) {
      expect(codes(id, [{}, { density: 0.1 }])).toEqual([["EPSILON_TOO_LARGE", ["parents", "1", "epsilon"]]]);
      expect(codes(id, [{ density: 0.9 }])).toHaveLength(1);
      expect(codes(id, [{ density: 0.9, epsilon: 0.09 }, { density: 0 }, { density: 1 }])).toEqual([]);
    }
  });
});

describe("methods as data", () => {
  it("have schemas with a default and a description for everything that need not be said", () => {
    for (const { id, parametersSchema, parentParametersSchema } of describeMethods())
      for (const schema of [parametersSchema, parentParametersSchema]) {
        expect(schema, id).toMatchObject({ type: "object", additionalProperties: false });
        for (const property of Object.values(schema["properties"] as object)) expect(property).toHaveProperty("description");
      }
  });

  it("say what they need, and what a parent's weight means", () => {
    const [linear, , , , , nuslerp] = describeMethods();
    expect(linear).toMatchObject({ id: "linear", base: "none", needsBase: false, family: "average" });
    expect(linear?.perParentWeight).toEqual({ default: 1, description: "Share of this parent" });
    expect(nuslerp).toMatchObject({ id: "nuslerp", base: "optional", needsBase: false, acceptsDelta: true });
    expect(describeMethods().find(({ id }) => id === "slerp")?.perParentWeight).toBeNull();
  });

  it("have ids of their own", () => {
    expect(new Set(methods.map(({ id }) => id)).size).toBe(methods.length);
  });
});

describe("our own sine, arc cosine and logarithm", () => {
  it("agree with the library to 1e-15 absolute on their ranges", () => {
    let [sineError, cosineError, logarithmError] = [0, 0, 0];
    for (let i = 0; i <= 10_000; i += 1) {
      const x = (i / 10_000) * Math.PI;
      sineError = Math.max(sineError, Math.abs(sine(x) - Math.sin(x)));
      const c = -1 + i / 5000;
      cosineError = Math.max(cosineError, Math.abs(arccosine(c) - Math.acos(c)));
      const y = 2 ** (i / 2500 - 2);
      logarithmError = Math.max(logarithmError, Math.abs(logarithm(y) - Math.log(y)));
    }
    expect(sineError).toBeLessThan(1e-15);
    expect(cosineError).toBeLessThan(2e-15);
    expect(logarithmError).toBeLessThan(1e-15);
    expect([arccosine(1), arccosine(-1), sine(0), logarithm(1)]).toEqual([0, Math.PI, 0, 0]);
  });
});
