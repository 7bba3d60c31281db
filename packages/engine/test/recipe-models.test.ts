import { describe, expect, it } from "vitest";
import { RefusedError, recipeIdentity } from "../src/merge/index.ts";
import { coefficientsOf, parseRecipe } from "../src/merge/recipe.ts";
import { classifyReference, hubRefusal } from "../src/merge/reference.ts";

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

const parents = [{ model: "a" }, { model: "b" }];
const stack = {
  method: "passthrough",
  slices: [{ sources: [{ model: "a", layers: [0, 3] }] }, { sources: [{ model: "b", layers: [2, 5] }] }],
};
const ta = { method: "task_arithmetic", base: "x", parents };

describe("a recipe with settings that vary", () => {
  it("keeps them, ending with the method's default", () => {
    const weight = [{ filter: "mlp", value: [0.2, 0.8] }];
    const recipe = parseRecipe({
      ...ta,
      parents: [
        { model: "a", weight },
        { model: "b", weight: [0, 1] },
      ],
    });
    expect(recipe.parents).toEqual([
      { model: "a", weight: [{ filter: "mlp", value: [0.2, 0.8] }, { value: 1 }] },
      { model: "b", weight: [0, 1] },
    ]);
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  it("has no coefficient where it varies", () => {
    const some = parseRecipe({
      ...ta,
      parents: [
        { model: "a", weight: [0, 1] },
        { model: "b", weight: 0.5 },
      ],
      parameters: { lambda: 1 },
    });
    expect(coefficientsOf(some)).toEqual({ base: null, parents: [null, 0.5] });
    const all = parseRecipe({ ...ta, parameters: { lambda: [0.1, 0.4] } });
    expect(coefficientsOf(all)).toEqual({ base: null, parents: [null, null] });
    expect(coefficientsOf(parseRecipe(stack))).toEqual({ base: null, parents: [null, null] });
  });

  it("is refused at the value at fault", () => {
    const weight = [0, 1e308];
    expect(faultsOf(() => parseRecipe({ ...ta, parents: [{ model: "a", weight }] }))).toEqual([
      "VALUE_INVALID parents 0 weight 1",
    ]);
    expect(faultsOf(() => parseRecipe({ ...ta, parameters: { lambda: [{ value: "1" }] } }))).toEqual([
      "VALUE_INVALID parameters lambda 0 value",
    ]);
  });

  it("names the nearest key", () => {
    expect(() => parseRecipe({ ...ta, parents: [{ model: "a", weigth: 1 }] })).toThrow("write weight");
  });
});

describe("adapters", () => {
  it("stand after a + or in a key of their own", () => {
    const recipe = parseRecipe({ ...ta, base: "x+lx", parents: [{ model: "a+la" }, { model: "b", adapter: "lb" }] });
    expect([recipe.base, recipe.baseAdapter]).toEqual(["x", "lx"]);
    expect(recipe.parents).toEqual([
      { model: "a", adapter: "la", weight: 1 },
      { model: "b", adapter: "lb", weight: 1 },
    ]);
    expect(parseRecipe(recipe)).toEqual(recipe);
  });

  it("make different parents of one model", () => {
    expect(faultsOf(() => parseRecipe({ ...ta, parents: [{ model: "a+l1" }, { model: "a+l2" }, { model: "a" }] }))).toEqual([]);
    expect(faultsOf(() => parseRecipe({ ...ta, parents: [{ model: "a+l1" }, { model: "a", adapter: "l1" }] }))).toEqual([
      "PARENT_TWICE parents 1 model",
    ]);
  });

  it.each(["a+b+c", "+b", "a+"])("are refused when they cannot be read: %s", (model) => {
    expect(faultsOf(() => parseRecipe({ ...ta, parents: [{ model }] }))).toEqual(["VALUE_INVALID parents 0 model"]);
  });

  it("need a base to be that of", () => {
    expect(faultsOf(() => parseRecipe({ method: "linear", parents, baseAdapter: "l" }))).toEqual(["BASE_MISSING baseAdapter"]);
  });
});

describe("slices", () => {
  it("name the parents, in order of appearance", () => {
    const recipe = parseRecipe(stack);
    expect(recipe.parents.map(({ model }) => model)).toEqual(["a", "b"]);
    expect(recipe.slices).toEqual(stack.slices);
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  it("take the base along, which is no parent", () => {
    const recipe = parseRecipe({
      method: "task_arithmetic",
      base: "x",
      slices: [
        {
          sources: [
            { model: "a", layers: [0, 2], weight: 0.5 },
            { model: "x", layers: [2, 4] },
          ],
        },
        { sources: [{ model: "b", layers: [1, 3] }] },
      ],
    });
    expect(recipe.parents.map(({ model }) => model)).toEqual(["a", "b"]);
    expect(recipe.slices?.[1]?.sources).toEqual([
      { model: "b", layers: [1, 3] },
      { model: "x", layers: [1, 3] },
    ]);
    expect(parseRecipe(recipe)).toEqual(recipe);
  });

  it("mean a parent with its adapter by its name, when there is only one", () => {
    const slices = [{ sources: [{ model: "a", layers: [0, 1] }] }];
    expect(parseRecipe({ method: "passthrough", parents: [{ model: "a+l" }], slices }).slices?.[0]?.sources[0]).toEqual({
      model: "a",
      adapter: "l",
      layers: [0, 1],
    });
    const two = [{ model: "a+l1" }, { model: "a+l2" }];
    expect(faultsOf(() => parseRecipe({ method: "passthrough", parents: two, slices }))).toContain(
      "MODEL_UNKNOWN slices 0 sources 0 model",
    );
  });

  const source = (model: string, layers: unknown, more = {}) => ({ model, layers, ...more });
  it.each<[string, unknown, string[]]>([
    ["no slice", { method: "passthrough", slices: [] }, ["VALUE_INVALID slices"]],
    ["neither slices nor parents", { method: "passthrough" }, ["KEY_MISSING parents"]],
    ["no source", { method: "passthrough", slices: [{ sources: [] }] }, ["VALUE_INVALID slices 0 sources"]],
    ["no layers", { method: "passthrough", slices: [{ sources: [{ model: "a" }] }] }, ["KEY_MISSING slices 0 sources 0 layers"]],
    [
      "layers that are no range",
      { method: "passthrough", slices: [{ sources: [source("a", [3])] }] },
      ["VALUE_INVALID slices 0 sources 0 layers"],
    ],
    [
      "no layer",
      { method: "passthrough", slices: [{ sources: [source("a", [3, 3])] }] },
      ["LAYERS_EMPTY slices 0 sources 0 layers"],
    ],
    [
      "a negative layer",
      { method: "passthrough", slices: [{ sources: [source("a", [-1, 3])] }] },
      ["VALUE_INVALID slices 0 sources 0 layers 0"],
    ],
    [
      "ranges of different lengths",
      { method: "linear", slices: [{ sources: [source("a", [0, 2]), source("b", [0, 3])] }] },
      ["LAYERS_UNEVEN slices 0 sources"],
    ],
    [
      "two models for passthrough",
      { method: "passthrough", slices: [{ sources: [source("a", [0, 2]), source("b", [0, 2])] }] },
      ["PARENT_COUNT slices 0 sources"],
    ],
    [
      "a model that is not listed",
      { method: "linear", parents: [{ model: "a" }], slices: [{ sources: [source("a", [0, 2]), source("c", [0, 2])] }] },
      ["MODEL_UNKNOWN slices 0 sources 1 model"],
    ],
    [
      "a parent in no slice",
      { method: "linear", parents, slices: [{ sources: [source("a", [0, 2])] }] },
      ["PARENT_UNUSED parents 1"],
    ],
    [
      "a model twice",
      { method: "linear", slices: [{ sources: [source("a", [0, 2]), source("a", [2, 4])] }] },
      ["PARENT_TWICE slices 0 sources 1 model"],
    ],
    [
      "a misspelt setting",
      { method: "passthrough", slices: [{ sources: [source("a", [0, 2], { skale: 1 })] }] },
      ["KEY_UNKNOWN slices 0 sources 0 skale"],
    ],
    [
      "a misspelt parameter",
      { method: "linear", slices: [{ sources: [source("a", [0, 2])], parameters: { normalise: true } }] },
      ["KEY_UNKNOWN slices 0 parameters normalise"],
    ],
  ])("are refused with a located fault: %s", (_, value, expected) => {
    expect(faultsOf(() => parseRecipe(value))).toEqual(expected);
  });
});

describe("a tokenizer policy", () => {
  it("gets its defaults and speaks of models of the merge", () => {
    expect(parseRecipe({ ...ta, tokenizer: {} }).tokenizer).toEqual({ source: "union", tokens: {}, padToMultipleOf: null });
    const tokens = { "<x>": { source: { kind: "model_token", model: "a", token: "<s>" }, force: true }, "<y>": {} };
    const recipe = parseRecipe({ ...ta, tokenizer: { source: "b", tokens, padToMultipleOf: 64 }, chatTemplate: "auto" });
    expect(recipe.tokenizer?.tokens["<y>"]).toEqual({ source: null, force: false });
    expect(parseRecipe(recipe)).toEqual(recipe);
  });

  it.each<[string, unknown, string[]]>([
    ["an unknown model", { source: "c" }, ["MODEL_UNKNOWN tokenizer source"]],
    [
      "an unknown model of a token",
      { tokens: { t: { source: { kind: "model", model: "c" } } } },
      ["MODEL_UNKNOWN tokenizer tokens t source model"],
    ],
    [
      "a token without number or text",
      { tokens: { t: { source: { kind: "model_token", model: "a" } } } },
      ["VALUE_INVALID tokenizer tokens t source"],
    ],
    ["no multiple", { padToMultipleOf: 0 }, ["VALUE_INVALID tokenizer padToMultipleOf"]],
  ])("is refused: %s", (_, tokenizer, expected) => {
    expect(faultsOf(() => parseRecipe({ ...ta, tokenizer }))).toEqual(expected);
  });
});

describe("identity", () => {
  const digests = { base: "0".repeat(64), parents: ["1".repeat(64), "2".repeat(64)] };
  const identity = (value: Record<string, unknown>, more = {}) =>
    recipeIdentity(parseRecipe({ ...ta, ...value }), { ...digests, ...more });

  it("changes with settings that vary, adapters, tokenizer, chat template and slices", () => {
    const slices = (layers: number[]) => [
      {
        sources: [
          { model: "a", layers },
          { model: "b", layers },
        ],
      },
    ];
    const all = [
      identity({}),
      identity({ parents: [{ model: "a", weight: [0, 1] }, { model: "b" }] }),
      identity({ parents: [{ model: "a", weight: [0, 0.5] }, { model: "b" }] }),
      identity({ parents: [{ model: "a+l" }, { model: "b" }] }),
      identity({ parents: [{ model: "a+l" }, { model: "b" }] }, { parents: ["4".repeat(64), "2".repeat(64)] }),
      identity({ baseAdapter: "l" }),
      identity({ tokenizer: {} }),
      identity({ tokenizer: { source: "a" } }),
      identity({ chatTemplate: "{{ messages }}" }),
      identity({ slices: slices([0, 2]) }),
      identity({ slices: slices([0, 3]) }),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  it("does not depend on references in slices and tokenizers", () => {
    const renamed = (a: string, b: string) =>
      identity({
        parents: [{ model: a }, { model: b }],
        slices: [{ sources: [a, b].map((model) => ({ model, layers: [0, 2] })) }],
        tokenizer: { source: a, tokens: { t: { source: { kind: "model", model: b } } } },
      });
    expect(renamed("a", "b")).toBe(renamed("elsewhere", "c/d@3"));
  });

  it("is that of a recipe from before a parameter existed, when the parameter is at its default", () => {
    expect(identity({ parameters: { normalize: false } })).toBe(identity({}));
    expect(identity({ parameters: { normalize: true } })).not.toBe(identity({}));
  });
});

describe("a model reference", () => {
  it.each<[string, object]>([
    ["acme/bert@3", { kind: "registry", namespace: "acme", name: "bert", selector: 3 }],
    ["acme/bert@best", { kind: "registry", selector: "best" }],
    ["acme/bert", { kind: "registry", selector: null, hub: { repository: "acme/bert", revision: null } }],
    ["Org/Name@main", { kind: "path", hub: { repository: "Org/Name", revision: "main" } }],
    ["./models/a", { kind: "path", hub: null }],
    ["../a", { kind: "path", hub: null }],
    ["/models/a", { kind: "path", hub: null }],
    ["a", { kind: "path", hub: null }],
    ["C:\\models\\a", { kind: "path", hub: null }],
    ["https://huggingface.co/org/name/tree/main", { kind: "hub-url" }],
    ["hf://org/name", { kind: "hub-url" }],
    ["huggingface.co/org/name", { kind: "hub-url" }],
    ["s3://bucket/key", { kind: "uri" }],
    ["s3:bucket/key", { kind: "uri" }],
    ["file:///models/a", { kind: "uri" }],
    ["http://169.254.169.254/latest", { kind: "uri" }],
  ])("is sorted by its text: %s", (text, expected) => {
    expect(classifyReference(text)).toMatchObject(expected);
  });

  it("that is an address is refused in a recipe", () => {
    for (const model of ["s3://bucket/key", "https://huggingface.co/org/name", "file:///a"])
      expect(faultsOf(() => parseRecipe({ ...ta, parents: [{ model }] }))).toEqual(["REFERENCE_REFUSED parents 0 model"]);
    expect(faultsOf(() => parseRecipe({ ...ta, base: "hf://a/b" }))).toEqual(["REFERENCE_REFUSED base"]);
  });

  it("of Hugging Face is explained when nothing here has that name", () => {
    expect(hubRefusal("Org/Name@main")).toMatch(/download Org\/Name, and give the path of the folder/);
    expect(hubRefusal("./a")).toBeNull();
  });
});
