import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { assignTensors } from "../src/merge/assign-tensors.ts";
import { methods, RefusedError } from "../src/merge/index.ts";
import { exportMergekit } from "../src/merge/mergekit/export.ts";
import { isMergekitMethod, mergekitNameOf, rulesOf } from "../src/merge/mergekit/method-rules.ts";
import { parseRecipe, type Recipe } from "../src/merge/recipe.ts";
import { parseRecipeText } from "../src/merge/recipe-text.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 120_000 });

function scalars(schema: z.ZodType): fc.Arbitrary<unknown> {
  const json = z
    .looseObject({
      type: z.string().optional(),
      enum: z.array(z.string()).optional(),
      minimum: z.number().optional(),
      maximum: z.number().optional(),
    })
    .parse(z.toJSONSchema(schema, { io: "input" }));
  if (json.enum !== undefined) return fc.constantFrom(...json.enum);
  if (json.type === "boolean") return fc.boolean();
  if (json.type === "string") return fc.constantFrom("m0", "m1");
  const bounds = { min: Math.max(json.minimum ?? -2, -2), max: Math.min(json.maximum ?? 2, 1000) };
  if (json.type === "integer") return fc.integer({ min: Math.max(bounds.min, 1), max: bounds.max });
  return fc.double({ ...bounds, max: Math.min(bounds.max, 2), noNaN: true });
}

function settings(schema: z.ZodType): fc.Arbitrary<unknown> {
  const scalar = scalars(schema);
  const isWhole = schema.safeParse(1).success && !schema.safeParse(1.5).success && !schema.safeParse(0.5).success;
  const value = isWhole ? scalar : fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 4 }));
  const cases = fc.array(fc.record({ filter: fc.constantFrom("mlp", "self_attn", "*"), value }, { requiredKeys: ["value"] }), {
    minLength: 1,
    maxLength: 3,
  });
  return fc.oneof({ weight: 2, arbitrary: value }, cases);
}

/** Some or all of the settings of a shape; those that mergekit has fixed as mergekit has them. */
function objects(
  shape: z.ZodRawShape,
  fixed: Readonly<Record<string, unknown>>,
  isTheirs: boolean,
): fc.Arbitrary<Record<string, unknown>> {
  const theirs: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    rescale: fc.constantFrom("l1", "none"),
    aggregate: fc.constantFrom("weighted-mean", "sum"),
    granularity: fc.constantFrom("tensor", "row"),
  };
  const entries = Object.entries(shape).map(([name, schema]): [string, fc.Arbitrary<unknown>] => {
    if (Object.hasOwn(fixed, name)) return [name, fc.constant(fixed[name])];
    return [name, (isTheirs ? theirs[name] : undefined) ?? settings(schema as z.ZodType)];
  });
  const requiredKeys = entries
    .map(([name]) => name)
    .filter((name) => name in fixed || (isTheirs && name in theirs) || name === "task");
  return fc.record(Object.fromEntries(entries), { requiredKeys });
}

function recipes(id: string): fc.Arbitrary<Record<string, unknown>> {
  const method = methods.find((each) => each.id === id);
  if (method === undefined) throw new Error(`There is no method ${id}.`);
  const name = mergekitNameOf(method);
  const isTheirs = isMergekitMethod(name);
  const fixed = rulesOf(name)?.fixed ?? {};
  const own = objects(method.perParent.shape, fixed, isTheirs);
  const parameters = objects(method.params.shape, fixed, isTheirs);
  const { min, max } = method.arity;
  const count = fc.integer({ min, max: max ?? min + 2 });
  const adapter = fc.constantFrom(undefined, "lora", "acme/lora@2");
  const common = fc.record({
    parameters,
    baseAdapter: adapter,
    dtype: fc.constantFrom(null, "F32", "F16", "BF16"),
    seed: isTheirs ? fc.nat(5) : fc.nat(),
    exclude: isTheirs ? fc.constant(null) : fc.constantFrom(null, [], ["head.*"]),
    tokenizer: fc.constantFrom(
      null,
      { source: "union" },
      {
        source: "m0",
        padToMultipleOf: 8,
        tokens: { "<x>": { source: { kind: "model_token", model: "m0", tokenId: 3 }, force: true }, y: {} },
      },
      { source: "union", tokens: { a: { source: { kind: "zero" } }, b: { source: { kind: "model", model: "m0" } } } },
    ),
    chatTemplate: fc.constantFrom(null, "auto", "{{ x }}", "{{ messages }}\n{% if x %}: #{% endif %}"),
  });
  const base =
    method.base === "none" ? fc.constant(null) : method.base === "required" ? fc.constant("x") : fc.constantFrom(null, "x");
  const whole = fc.tuple(common, base, count).chain(([head, x, n]) =>
    fc.array(fc.tuple(own, adapter), { minLength: n, maxLength: n }).map((owns) => ({
      ...head,
      parents: owns.map(([each, lora], i) => ({ model: `m${i}`, ...each, ...(lora === undefined ? {} : { adapter: lora }) })),
      base: x,
    })),
  );
  const range = fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 4 }));
  const sliced = fc.tuple(common, base, count, own).chain(([head, x, n, standing]) =>
    fc
      .array(fc.tuple(range, fc.array(own, { minLength: n, maxLength: n }), parameters), { minLength: 1, maxLength: 3 })
      .map((slices) => ({
        ...head,
        base: x,
        parents: Array.from({ length: n }, (_, i) => ({ model: `m${i}`, ...standing })),
        slices: slices.map(([[begin, length], owns, some]) => ({
          sources: owns.map((each, i) => ({ model: `m${i}`, layers: [begin + i, begin + i + length], ...each })),
          parameters: Object.fromEntries(
            Object.entries(some).filter(([key]) => !(key in fixed) && (id !== "nuslerp" || key !== "granularity")),
          ),
        })),
      })),
  );
  return fc.oneof(whole, sliced).map(({ baseAdapter, ...rest }) => ({
    method: id,
    ...rest,
    ...(rest.base !== null && baseAdapter !== undefined ? { baseAdapter } : {}),
    ...(method.output === "delta" ? { dtype: null } : {}),
  }));
}

function parsed(value: unknown): Recipe | null {
  try {
    return parseRecipe(value);
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}

describe("a recipe written as mergekit configuration reads back as the same recipe", () => {
  // Settings of adapters do not vary over a model, and nothing is baked into them: their recipes are no mergekit configurations.
  const written = methods.filter(({ output, statistics }) => output !== "adapter" && statistics === undefined);
  it.each(written.map(({ id }) => id))("%s", (id) => {
    let tried = 0;
    fc.assert(
      fc.property(recipes(id), (value) => {
        const recipe = parsed(value);
        // Some combinations of values are refused by the method itself.
        if (recipe === null) return;
        tried += 1;
        expect(parseRecipeText(exportMergekit(recipe)).recipe).toEqual(recipe);
      }),
      { numRuns: 40 },
    );
    expect(tried).toBeGreaterThan(5);
  });
});

describe("settings of parents that differ stand at the sources of slices", () => {
  it("and give every tensor the same values", () => {
    const layers = [0, 2];
    const recipe = parseRecipe({
      method: "task_arithmetic",
      base: "x",
      parents: [
        { model: "a", weight: [{ filter: "mlp", value: [0.1, 0.9] }] },
        { model: "b", weight: 0.4 },
      ],
      slices: [
        {
          sources: [
            { model: "a", layers, weight: [{ filter: "attn", value: 0.7 }] },
            { model: "b", layers },
          ],
        },
        { sources: [{ model: "b", layers: [1, 3] }], parameters: { lambda: [{ filter: "mlp", value: 1 }] } },
      ],
    });
    const names = [
      "embed.weight",
      ...[0, 1, 2].flatMap((i) => [`layers.${i}.mlp.w`, `layers.${i}.attn.w`, `layers.${i}.norm.w`]),
    ];
    const tensors = names.map((name) => ({ name, dtype: "F32" as const, shape: [1] }));
    const header = { label: "m", config: null, space: "weights" as const, tensors };
    const assigned = (each: Recipe) => {
      const { assignments, faults } = assignTensors(each, { base: header, parents: each.parents.map(() => header) });
      expect([assignments.length, faults]).toEqual([13, []]);
      return assignments;
    };
    expect(assigned(parseRecipeText(exportMergekit(recipe)).recipe)).toEqual(assigned(recipe));
  });
});

describe("the file", () => {
  const exported = (value: unknown): unknown => parse(exportMergekit(parseRecipe(value)));
  const parents = [
    { model: "a", weight: 0.6 },
    { model: "b", weight: 0.4 },
  ];

  it("says what mergekit needs, and leaves out its defaults", () => {
    const value = { method: "task_arithmetic", base: "x", parents, parameters: { lambda: 1 }, dtype: "BF16" };
    expect(exported(value)).toEqual({
      merge_method: "task_arithmetic",
      base_model: "x",
      models: [
        { model: "a", parameters: { weight: 0.6 } },
        { model: "b", parameters: { weight: 0.4 } },
      ],
      dtype: "float32",
      out_dtype: "bfloat16",
    });
    expect(exported({ ...value, parameters: {} })).toMatchObject({ parameters: { lambda: 0.3 } });
  });

  it("is the same in YAML 1.1, which mergekit reads: words are no booleans, small numbers are numbers", () => {
    const value = { method: "ram", base: "no", parents: [{ model: "yes" }, { model: "1_0" }], parameters: { epsilon: 1e-8 } };
    const text = exportMergekit(parseRecipe(value));
    const expected = { base_model: "no", models: [{ model: "yes" }, { model: "1_0" }], parameters: { epsilon: 1e-8 } };
    expect(text).toContain("1.0e-8");
    for (const version of ["1.1", "1.2"] as const) expect(parse(text, { version })).toMatchObject(expected);
  });

  it("begins slerp with its base", () => {
    expect(exported({ method: "slerp", parents: [{ model: "a" }, { model: "b" }] })).toEqual({
      merge_method: "slerp",
      base_model: "a",
      models: [{ model: "a" }, { model: "b" }],
      parameters: { t: 0.5 },
    });
  });

  it("carries what only Amalgam knows in a block of its own", () => {
    expect(exported({ method: "linear", parents, seed: 7 })).toMatchObject({ "x-amalgam": { seed: 7 } });
    expect(exported({ method: "ema", parents: [{ model: "a" }, { model: "b" }], exclude: ["head.*"] })).toMatchObject({
      merge_method: "ema",
      "x-amalgam": { exclude: ["head.*"] },
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["excluded tensors", { method: "linear", parents, exclude: ["head.*"] }, "exclude"],
    ["the base among the parents", { method: "task_arithmetic", base: "a", parents }, "parents 0 model"],
    ["the paper's trim", { method: "ties", base: "x", parents, parameters: { trim: "model" } }, "parameters trim"],
    [
      "the paper's rescaling",
      { method: "dare_linear", base: "x", parents, parameters: { rescale: "probability" } },
      "parameters rescale",
    ],
  ])("is refused for %s, by name", (_, value, path) => {
    try {
      exportMergekit(parseRecipe(value));
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      expect(error.faults.map((fault) => [fault.code, ...fault.path].join(" "))).toContain(`MERGEKIT_INEXPRESSIBLE ${path}`);
      for (const { message } of error.faults) expect(message).toMatch(/mergekit/);
    }
  });
});

it("statistics have no place in a mergekit configuration, and are refused one by one", () => {
  const parents = ["m0", "m1"].map((model) => ({ model, statistics: [`${model}.fisher`] }));
  const recipe = parseRecipe({ method: "ugm", base: "b", baseStatistics: ["b.fisher"], parents });
  let faults: string[] = [];
  try {
    exportMergekit(recipe);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    faults = error.faults.map(({ code, path }) => [code, ...path].join(" "));
  }
  expect(faults).toEqual([
    "MERGEKIT_INEXPRESSIBLE baseStatistics 0",
    "MERGEKIT_INEXPRESSIBLE parents 0 statistics 0",
    "MERGEKIT_INEXPRESSIBLE parents 1 statistics 0",
  ]);
});
