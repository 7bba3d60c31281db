import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { RefusedError } from "../src/merge/index.ts";
import { exportMergekit } from "../src/merge/mergekit/export.ts";
import { fidelityOf } from "../src/merge/mergekit/translate.ts";
import { parseRecipe } from "../src/merge/recipe.ts";
import { parseRecipeText } from "../src/merge/recipe-text.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 60_000 });

/** Code and path of every fault of a refused recipe. */
function faultsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    for (const { message } of error.faults) expect(message).toMatch(/^\S.*\.$/s);
    return error.faults.map(({ code, path }) => [code, ...path].join(" "));
  }
  return [];
}

const read = (config: unknown) => parseRecipeText(JSON.stringify(config));
const verdicts = (config: Record<string, unknown>) =>
  Object.fromEntries(fidelityOf(config).map(({ field, verdict }) => [field, verdict]));

/** The parser examples of the specification, and forms that people publish. */
const examples = {
  "a gradient for each filter": `
merge_method: slerp
base_model: org/a@main
models: [{model: org/a@main}, {model: org/b+org/b-lora}]
parameters:
  t: [{filter: self_attn, value: [0, 0.25, 1]}, {filter: mlp, value: [1, 0]}, {value: 0.5}]
dtype: bfloat16
`,
  "conditional weights and a tokenizer": `
merge_method: dare_ties
base_model: org/base
models:
  - {model: org/x, parameters: {density: [1, 0.6], weight: [{filter: down_proj, value: 0.2}, {value: 0.6}]}}
  - {model: org/y, parameters: {density: 0.5, weight: 0.4}}
parameters: {normalize: false, int8_mask: true, lambda: 1.1}
tokenizer: {source: union, pad_to_multiple_of: 64, tokens: {"<|x|>": {source: {kind: model_token, model: org/x, token: "<s>"}, force: true}}}
dtype: float32
out_dtype: bfloat16
`,
  "a stack of slices": `
merge_method: passthrough
slices:
  - sources: [{model: org/a, layer_range: [0, 24]}]
  - sources: [{model: org/b, layer_range: [20, 40], parameters: {scale: [{filter: o_proj, value: 0.9}, {value: 1.0}]}}]
dtype: float16
`,
  "one slice of all layers": `
slices:
  - sources:
      - model: org/b
        layer_range: [0, 32]
      - model: org/a
        layer_range: [0, 32]
merge_method: slerp
base_model: org/a
parameters:
  t:
    - filter: self_attn
      value: [0, 0.5, 0.3, 0.7, 1]
    - value: 0.5
dtype: bfloat16
`,
  "layers of one model repeated": `
slices:
  - sources: [{model: org/a, layer_range: [0, 24]}]
  - sources: [{model: org/a, layer_range: [8, 32]}]
merge_method: passthrough
dtype: bfloat16
`,
  "densities as gradients": `
models:
  - model: org/base
  - model: org/x
    parameters: {density: [1, 0.7, 0.1], weight: 1.0}
  - model: org/y
    parameters: {density: 0.33, weight: [{filter: mlp, value: 0.5}, {value: 0}]}
merge_method: ties
base_model: org/base
parameters: {normalize: true, int8_mask: true}
tokenizer_source: union
dtype: float16
`,
};

describe("the examples of the specification", () => {
  it("become recipes", () => {
    const [slerp, dare, stack, whole] = Object.values(examples).map((text) => parseRecipeText(text).recipe);
    expect(slerp).toEqual(
      parseRecipe({
        method: "slerp",
        parents: [{ model: "org/a@main" }, { model: "org/b", adapter: "org/b-lora" }],
        parameters: { t: [{ filter: "self_attn", value: [0, 0.25, 1] }, { filter: "mlp", value: [1, 0] }, { value: 0.5 }] },
        dtype: "BF16",
      }),
    );
    expect(dare).toEqual(
      parseRecipe({
        method: "dare_ties",
        base: "org/base",
        parents: [
          { model: "org/x", density: [1, 0.6], weight: [{ filter: "down_proj", value: 0.2 }, { value: 0.6 }] },
          { model: "org/y", density: 0.5, weight: 0.4 },
        ],
        parameters: { normalize: false, lambda: 1.1, rescale: "l1" },
        tokenizer: {
          source: "union",
          padToMultipleOf: 64,
          tokens: { "<|x|>": { source: { kind: "model_token", model: "org/x", token: "<s>" }, force: true } },
        },
        dtype: "BF16",
      }),
    );
    expect(stack).toEqual(
      parseRecipe({
        method: "passthrough",
        slices: [
          { sources: [{ model: "org/a", layers: [0, 24] }] },
          { sources: [{ model: "org/b", layers: [20, 40], scale: [{ filter: "o_proj", value: 0.9 }, { value: 1 }] }] },
        ],
        dtype: "F16",
      }),
    );
    expect(whole?.slices?.[0]?.sources.map(({ model }) => model)).toEqual(["org/a", "org/b"]);
  });

  it.each(Object.entries(examples))("are written back with the same meaning: %s", (_, text) => {
    const { recipe } = parseRecipeText(text);
    expect(parseRecipeText(exportMergekit(recipe)).recipe).toEqual(recipe);
  });

  it("have a verdict on every field", () => {
    const { fidelity, notes } = parseRecipeText(examples["conditional weights and a tokenizer"]);
    expect(Object.fromEntries(fidelity?.map(({ field, verdict }) => [field, verdict]) ?? [])).toEqual({
      merge_method: "approximated",
      models: "same",
      out_dtype: "same",
      dtype: "same",
      tokenizer: "same",
      base_model: "same",
      "parameters.int8_mask": "same",
      "models[].parameters.weight": "same",
      "models[].parameters.density": "same",
      "parameters.lambda": "same",
      "parameters.normalize": "same",
    });
    expect(notes).toEqual([expect.stringMatching(/^merge_method: which entries are dropped/)]);
  });
});

describe("a method of mergekit", () => {
  const two = [
    { model: "a", parameters: { weight: 0.6 } },
    { model: "b", parameters: { weight: 0.4 } },
  ];
  const plain = [{ model: "a" }, { model: "b" }];
  const weighted = [
    { model: "a", weight: 0.6 },
    { model: "b", weight: 0.4 },
  ];
  const sparse = weighted.map((parent) => ({ ...parent, density: 1 }));

  it.each<[string, object, object]>([
    [
      "linear",
      { models: two, parameters: { normalize: 0 } },
      { method: "linear", parents: weighted, parameters: { normalize: false } },
    ],
    [
      "linear",
      { models: ["a", "b"], parameters: { weight: 0.5 } },
      { method: "linear", parents: plain.map((p) => ({ ...p, weight: 0.5 })) },
    ],
    [
      "slerp",
      { base_model: "b", models: plain, parameters: { t: 0.25 } },
      { method: "slerp", parents: [{ model: "b" }, { model: "a" }], parameters: { t: 0.25 } },
    ],
    [
      "slerp",
      { base_model: "b", models: ["a"], parameters: { t: 1 } },
      { method: "slerp", parents: [{ model: "b" }, { model: "a" }], parameters: { t: 1 } },
    ],
    ["nuslerp", { models: two }, { method: "nuslerp", parents: weighted, parameters: { granularity: "tensor" } }],
    [
      "nuslerp",
      { base_model: "x", models: two, parameters: { nuslerp_flatten: false } },
      { method: "nuslerp", base: "x", parents: weighted, parameters: { granularity: "row" } },
    ],
    [
      "multislerp",
      { models: two, parameters: { normalize_weights: false, eps: 1e-6 } },
      { method: "multislerp", parents: weighted, parameters: { normalizeWeights: false, eps: 1e-6 } },
    ],
    [
      "karcher",
      { models: plain, parameters: { max_iter: 20, tol: 1e-6 } },
      { method: "karcher", parents: plain, parameters: { maxIterations: 20, tolerance: 1e-6 } },
    ],
    [
      "task_arithmetic",
      { base_model: "x", models: [{ model: "x" }, ...two], parameters: { normalize: true, density: 0.5 } },
      { method: "task_arithmetic", base: "x", parents: weighted, parameters: { lambda: 1, normalize: true } },
    ],
    [
      "ties",
      { base_model: "x", models: two, parameters: { density: 0.3 } },
      {
        method: "ties",
        base: "x",
        parents: weighted.map((parent) => ({ ...parent, density: 0.3 })),
        parameters: { lambda: 1, trim: "tensor", ties: "first", aggregate: "weighted-mean", elect: "non-negative" },
      },
    ],
    [
      "dare_linear",
      { base_model: "x", models: two, parameters: { rescale: false } },
      { method: "dare_linear", base: "x", parents: sparse, parameters: { lambda: 1, normalize: false, rescale: "none" } },
    ],
    [
      "della",
      { base_model: "x", models: two, parameters: { epsilon: 0.1, density: 0.5 } },
      {
        method: "della",
        base: "x",
        parents: weighted.map((parent) => ({ ...parent, density: 0.5, epsilon: 0.1 })),
        parameters: { lambda: 1, normalize: true, rescale: "l1" },
      },
    ],
    [
      "breadcrumbs_ties",
      { base_model: "x", models: two, parameters: { gamma: 0.02 } },
      {
        method: "breadcrumbs_ties",
        base: "x",
        parents: sparse.map((parent) => ({ ...parent, gamma: 0.02 })),
        parameters: { lambda: 1, normalize: false, rescale: "none" },
      },
    ],
    [
      "model_stock",
      { base_model: "x", models: plain, parameters: { filter_wise: true } },
      { method: "model_stock", base: "x", parents: plain, parameters: { granularity: "row", clamp: false, average: "cosine" } },
    ],
    [
      "sce",
      { base_model: "x", models: plain, parameters: { select_topk: 0.3 } },
      { method: "sce", base: "x", parents: plain, parameters: { topk: 0.3 } },
    ],
    [
      "nearswap",
      { base_model: "x", models: ["a"], parameters: { t: 0.001 } },
      { method: "nearswap", base: "x", parents: [{ model: "a" }], parameters: { t: 0.001 } },
    ],
    ["arcee_fusion", { base_model: "x", models: ["x", "a"] }, { method: "arcee_fusion", base: "x", parents: [{ model: "a" }] }],
    ["ram", { base_model: "x", models: plain }, { method: "ram", base: "x", parents: plain, parameters: { epsilon: 1e-5 } }],
    [
      "ramplus_tl",
      { base_model: "x", models: plain, parameters: { r: 0.2 } },
      { method: "ram_plus", base: "x", parents: plain, parameters: { r: 0.2, alpha: 0.2, epsilon: 1e-5 } },
    ],
    [
      "passthrough",
      { models: ["a"], parameters: { scale: 0.9 } },
      { method: "passthrough", parents: [{ model: "a", scale: 0.9 }] },
    ],
  ])("%s", (merge_method, config, expected) => {
    expect(read({ merge_method, ...config }).recipe).toEqual(parseRecipe(expected));
  });

  it("has the tokenizer of its base, also where the base is the first of the parents", () => {
    const source = (config: object) =>
      read({ models: plain, base_model: "b", tokenizer_source: "base", ...config }).recipe.tokenizer?.source;
    expect(source({ merge_method: "slerp", parameters: { t: 0.5 } })).toBe("b");
    expect(source({ merge_method: "linear", parameters: { weight: 1 } })).toBe("b");
    expect(source({ merge_method: "ties", parameters: { weight: 1 } })).toBe("base");
  });

  it("keeps its settings in order: model, module, whole, default", () => {
    const { recipe } = read({
      merge_method: "ties",
      base_model: "x",
      modules: {
        default: {
          models: [{ model: "a", parameters: { weight: [{ filter: "mlp", value: 0.1 }] } }, { model: "b" }],
          parameters: { weight: [{ filter: "attn", value: [0, 1] }] },
        },
      },
      parameters: { weight: 0.5, density: [{ filter: "mlp", value: 0.4 }] },
    });
    const density = [{ filter: "mlp", value: 0.4 }, { value: 1 }];
    expect(recipe.parents).toEqual([
      { model: "a", density, weight: [{ filter: "mlp", value: 0.1 }, { filter: "attn", value: [0, 1] }, { value: 0.5 }] },
      { model: "b", density, weight: [{ filter: "attn", value: [0, 1] }, { value: 0.5 }] },
    ]);
  });

  it("keeps its settings in slices: source before slice before whole", () => {
    const layer_range = [0, 4];
    const { recipe } = read({
      merge_method: "task_arithmetic",
      slices: [
        {
          base_model: "x",
          sources: [
            { model: "a", layer_range, parameters: { weight: [{ filter: "mlp", value: 0.1 }] } },
            { model: "x", layer_range },
          ],
          parameters: { weight: 0.2, lambda: [1, 0.5] },
        },
        {
          base_model: "x",
          sources: [
            { model: "a", layer_range: [4, 8] },
            { model: "x", layer_range: [4, 8] },
          ],
        },
      ],
      parameters: { weight: 0.3, normalize: true },
    });
    expect(recipe).toEqual(
      parseRecipe({
        method: "task_arithmetic",
        base: "x",
        parents: [{ model: "a", weight: 0.3 }],
        parameters: { lambda: 1, normalize: true },
        slices: [
          {
            sources: [
              { model: "a", layers: [0, 4], weight: [{ filter: "mlp", value: 0.1 }, { value: 0.2 }] },
              { model: "x", layers: [0, 4] },
            ],
            parameters: { lambda: [1, 0.5] },
          },
          {
            sources: [
              { model: "a", layers: [4, 8] },
              { model: "x", layers: [4, 8] },
            ],
          },
        ],
      }),
    );
  });
});

describe("a configuration is refused with a located fault", () => {
  const weighted = [{ model: "a", parameters: { weight: 1 } }];
  const both = [{ model: "a" }, { model: "b" }];
  const layer_range = [0, 2];
  it.each<[string, Record<string, unknown>, string[]]>([
    ["an unknown method", { merge_method: "tees", models: weighted }, ["merge_method"]],
    ["no models", { merge_method: "linear" }, ["models"]],
    ["models and slices", { merge_method: "linear", models: weighted, slices: [] }, ["models"]],
    ["no slices", { merge_method: "linear", slices: [] }, ["slices"]],
    [
      "a source without layers",
      { merge_method: "passthrough", slices: [{ sources: [{ model: "a" }] }] },
      ["slices 0 sources 0 layer_range"],
    ],
    ["no weight", { merge_method: "linear", models: ["a"] }, ["models 0 parameters weight"]],
    [
      "no weight in a slice",
      { merge_method: "linear", slices: [{ sources: [{ model: "a", layer_range }] }] },
      ["slices 0 sources 0 parameters weight"],
    ],
    ["no t", { merge_method: "slerp", base_model: "a", models: both }, ["parameters t"]],
    ["no base for slerp", { merge_method: "slerp", models: both, parameters: { t: 0.5 } }, ["base_model"]],
    ["no base for ties", { merge_method: "ties", models: weighted }, ["base_model"]],
    ["a base for linear", { merge_method: "linear", base_model: "x", models: weighted }, ["base_model"]],
    [
      "three models for slerp",
      { merge_method: "slerp", base_model: "a", models: [...both, "c"], parameters: { t: 0.5 } },
      ["models"],
    ],
    ["a misspelt key", { merge_method: "linear", modles: [], models: weighted }, ["modles"]],
    [
      "a misspelt parameter",
      { merge_method: "linear", models: weighted, parameters: { normalise: true } },
      ["parameters normalise"],
    ],
    [
      "a misspelt weight",
      { merge_method: "linear", models: [{ model: "a", parameters: { weigth: 1 } }] },
      ["models 0 parameters weigth", "models 0 parameters weight"],
    ],
    [
      "t of a model",
      { merge_method: "slerp", base_model: "a", models: [{ model: "b", parameters: { t: 1 } }], parameters: { t: 0 } },
      ["models 0 parameters t"],
    ],
    ["a dtype", { merge_method: "linear", dtype: "int8", models: weighted }, ["dtype"]],
    ["code of a model", { merge_method: "linear", trust_remote_code: true, models: weighted }, ["trust_remote_code"]],
    [
      "several modules",
      { merge_method: "linear", modules: { text: { models: weighted }, vision: { models: weighted } } },
      ["modules"],
    ],
    [
      "two tokenizers",
      { merge_method: "linear", models: weighted, tokenizer_source: "union", tokenizer: {} },
      ["tokenizer_source"],
    ],
    [
      "a token's source",
      { merge_method: "linear", models: weighted, tokenizer: { tokens: { t: { source: { kind: "other" } } } } },
      ["tokenizer tokens t source"],
    ],
    [
      "different bases",
      {
        merge_method: "ties",
        parameters: { weight: 1 },
        slices: ["x", "y"].map((base_model) => ({
          base_model,
          sources: [
            { model: "a", layer_range },
            { model: base_model, layer_range },
          ],
        })),
      },
      ["slices 1 base_model"],
    ],
    [
      "a residual weight",
      { merge_method: "passthrough", slices: [{ residual_weight: 1, sources: [{ model: "a", layer_range }] }] },
      ["slices 0 residual_weight"],
    ],
    [
      "columns as vectors",
      { merge_method: "nuslerp", models: both, parameters: { weight: 1, nuslerp_flatten: false, nuslerp_row_wise: true } },
      ["parameters nuslerp_row_wise"],
    ],
  ])("%s", (_, config, expected) => {
    expect(faultsOf(() => read(config))).toEqual(expected.map((path) => `MERGEKIT_UNSUPPORTED ${path}`));
    const refused = fidelityOf(config).filter(({ verdict }) => verdict === "refused");
    expect(refused.length).toBeGreaterThan(0);
  });

  it("a value out of bounds, at its place in the file", () => {
    const models = [{ model: "a", parameters: { weight: 1, density: [0.5, 2] } }];
    expect(faultsOf(() => read({ merge_method: "ties", base_model: "x", models }))).toEqual([
      "VALUE_INVALID models 0 parameters density 1",
    ]);
  });

  it("a search or a mixture of experts, with advice", () => {
    expect(() => parseRecipeText("genome: {models: [a], merge_method: ties}\ntasks: []\n")).toThrow("mergekit-evolve");
    expect(() => parseRecipeText("base_model: a\ngate_mode: hidden\nexperts: []\n")).toThrow("mixture of experts");
  });

  it("names the key that was meant", () => {
    expect(() => read({ merge_method: "linear", models: [{ model: "a", parameters: { weigth: 1 } }] })).toThrow("write weight");
    expect(() => read({ merge_method: "task_aritmetic", models: ["a"] })).toThrow("write task_arithmetic");
  });

  it("of any shape is read or refused, never another error", () => {
    const config = fc.record(
      {
        merge_method: fc.oneof(
          fc.constantFrom("linear", "task_arithmetic", "slerp", "ties", "nuslerp", "passthrough"),
          fc.jsonValue(),
        ),
        base_model: fc.oneof(fc.constant("a"), fc.jsonValue()),
        models: fc.oneof(fc.array(fc.record({ model: fc.string(), parameters: fc.jsonValue() })), fc.jsonValue()),
        slices: fc.oneof(
          fc.array(
            fc.record({
              sources: fc.array(fc.record({ model: fc.string(), layer_range: fc.jsonValue(), parameters: fc.jsonValue() })),
            }),
          ),
          fc.jsonValue(),
        ),
        modules: fc.jsonValue(),
        parameters: fc.oneof(fc.dictionary(fc.constantFrom("weight", "t", "normalize"), fc.jsonValue()), fc.jsonValue()),
        tokenizer: fc.jsonValue(),
        dtype: fc.jsonValue(),
      },
      { requiredKeys: ["merge_method"] },
    );
    fc.assert(
      fc.property(config, (value) => void faultsOf(() => read(value))),
      { numRuns: 500 },
    );
  });
});

describe("fidelity", () => {
  it("is approximated where mergekit would compute in 16 bits, and same otherwise", () => {
    const config = {
      merge_method: "linear",
      models: [{ model: "a", parameters: { weight: 1, density: 0.1 } }],
      parameters: { int8_mask: true },
    };
    expect(verdicts({ ...config, dtype: "float16" })["dtype"]).toBe("approximated");
    expect(read({ ...config, dtype: "torch.float16" }).notes.join()).toContain("computes in F32");
    expect(verdicts({ ...config, dtype: "float32", out_dtype: "bfloat16" })).toEqual({
      merge_method: "same",
      models: "same",
      dtype: "same",
      out_dtype: "same",
      "models[].parameters.weight": "same",
      "models[].parameters.density": "same",
      "parameters.int8_mask": "same",
    });
  });

  it("tells where mergekit fails and the default is taken instead", () => {
    const { notes } = read({ merge_method: "linear", models: ["a"], parameters: { weight: [{ filter: "mlp", value: 0.5 }] } });
    expect(notes).toEqual(["parameters.weight: tensors that no filter matches take 1; mergekit fails there."]);
  });

  it("lists what is refused beside the rest", () => {
    expect(verdicts({ merge_method: "linear", models: ["a"], trust_remote_code: true })).toMatchObject({
      merge_method: "same",
      trust_remote_code: "refused",
      "models[].parameters.weight": "refused",
    });
  });
});
