import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import {
  coefficientsOf,
  describeMethods,
  methods,
  parseRecipe,
  parseRecipeText,
  RefusedError,
  recipeIdentity,
} from "../src/merge/index.ts";

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

const parents = [{ model: "a" }, { model: "b" }];
const ta = { method: "task_arithmetic", base: "base", parents };

describe("a native recipe", () => {
  it("gets its defaults", () => {
    expect(parseRecipe(ta)).toEqual({
      version: 1,
      method: "task_arithmetic",
      base: "base",
      parents: [
        { model: "a", weight: 1 },
        { model: "b", weight: 1 },
      ],
      baseAdapter: null,
      parameters: { lambda: 0.3, normalize: false },
      slices: null,
      exclude: null,
      dtype: null,
      seed: 0,
      tokenizer: null,
      chatTemplate: null,
    });
    expect(parseRecipe({ method: "linear", parents }).parameters).toEqual({ normalize: true });
    expect(parseRecipe({ method: "slerp", parents }).parameters).toEqual({ t: 0.5 });
  });

  it("reads back what it was read as", () => {
    const recipe = parseRecipe({ ...ta, exclude: ["classifier.*"], dtype: "BF16", seed: 7, parameters: { lambda: -0.1 } });
    const slerp = parseRecipe({ method: "slerp", parents });
    for (const parsed of [recipe, slerp]) expect(parseRecipe(parsed)).toEqual(parsed);
  });

  it.each<[string, unknown, string[]]>([
    ["an unknown method", { ...ta, method: "tees" }, ["METHOD_UNKNOWN method"]],
    ["the method __proto__", { ...ta, method: "__proto__" }, ["METHOD_UNKNOWN method"]],
    ["no method", { parents }, ["KEY_MISSING method"]],
    ["a misspelt key", { ...ta, lambda: 1 }, ["KEY_UNKNOWN lambda"]],
    ["a misspelt weight", { ...ta, parents: [{ model: "a", weigth: 1 }] }, ["KEY_UNKNOWN parents 0 weigth"]],
    ["a misspelt parameter", { ...ta, parameters: { lamda: 1 } }, ["KEY_UNKNOWN parameters lamda"]],
    ["a parameter of another method", { method: "slerp", parents, parameters: { lambda: 1 } }, ["KEY_UNKNOWN parameters lambda"]],
    ["a coefficient NaN", { ...ta, parameters: { lambda: Number.NaN } }, ["VALUE_INVALID parameters lambda"]],
    [
      "a coefficient Infinity",
      { ...ta, parents: [{ model: "a", weight: Number.POSITIVE_INFINITY }] },
      ["VALUE_INVALID parents 0 weight"],
    ],
    ["a coefficient 1e308", { ...ta, parents: [{ model: "a", weight: 1e308 }] }, ["VALUE_INVALID parents 0 weight"]],
    ["a coefficient as a string", { ...ta, parents: [{ model: "a", weight: "0.5" }] }, ["VALUE_INVALID parents 0 weight"]],
    ["t outside 0 to 1", { method: "slerp", parents, parameters: { t: 1.5 } }, ["VALUE_INVALID parameters t"]],
    ["no parents", { ...ta, parents: [] }, ["VALUE_INVALID parents"]],
    ["parents that are no list", { ...ta, parents: "a" }, ["VALUE_INVALID parents"]],
    ["an empty name", { ...ta, parents: [{ model: " " }] }, ["VALUE_INVALID parents 0 model"]],
    [
      "10,000 parents",
      { ...ta, parents: Array.from({ length: 10_000 }, (_, i) => ({ model: `m${i}` })) },
      ["VALUE_INVALID parents"],
    ],
    [
      "the same parent twice (task_arithmetic)",
      { ...ta, parents: [{ model: "a" }, { model: "a" }] },
      ["PARENT_TWICE parents 1 model"],
    ],
    [
      "the same parent twice (linear)",
      { method: "linear", parents: [{ model: "a" }, { model: "a" }] },
      ["PARENT_TWICE parents 1 model"],
    ],
    [
      "the same parent twice (slerp)",
      { method: "slerp", parents: [{ model: "a" }, { model: "a" }] },
      ["PARENT_TWICE parents 1 model"],
    ],
    ["one parent for slerp", { method: "slerp", parents: [{ model: "a" }] }, ["PARENT_COUNT parents"]],
    ["three parents for slerp", { method: "slerp", parents: [...parents, { model: "c" }] }, ["PARENT_COUNT parents"]],
    [
      "a weight for slerp",
      { method: "slerp", parents: [{ model: "a", weight: 2 }, { model: "b" }] },
      ["KEY_UNKNOWN parents 0 weight"],
    ],
    ["no base where one is needed", { method: "task_arithmetic", parents }, ["BASE_MISSING base"]],
    ["a base where none is used", { method: "linear", base: "x", parents }, ["BASE_UNUSED base"]],
    [
      "weights that add up to 0",
      {
        method: "linear",
        parents: [
          { model: "a", weight: 1 },
          { model: "b", weight: -1 },
        ],
      },
      ["WEIGHTS_SUM_ZERO parents"],
    ],
    ["an unknown dtype", { ...ta, dtype: "F8_E4M3" }, ["VALUE_INVALID dtype"]],
    [
      "a 16-bit task vector",
      { method: "task_vector", base: "base", parents: [{ model: "a" }], dtype: "BF16" },
      ["DTYPE_UNSUPPORTED dtype"],
    ],
    ["another version", { ...ta, version: 2 }, ["VALUE_INVALID version"]],
    ["a fraction as seed", { ...ta, seed: 0.5 }, ["VALUE_INVALID seed"]],
    [
      "several faults at once",
      { method: "slerp", base: "x", parents: [{ model: "a", weight: 2 }], parameters: { t: 2 } },
      ["VALUE_INVALID parameters t", "KEY_UNKNOWN parents 0 weight", "PARENT_COUNT parents", "BASE_UNUSED base"],
    ],
    ["a list", [], ["VALUE_INVALID"]],
    ["null", null, ["VALUE_INVALID"]],
  ])("is refused with a located fault: %s", (_, value, expected) => {
    expect(faultsOf(() => parseRecipe(value))).toEqual(expected);
  });

  it("of any shape is read or refused, never another error", () => {
    const value = fc.record(
      {
        method: fc.oneof(fc.constantFrom(...methods.map(({ id }) => id)), fc.string()),
        base: fc.jsonValue(),
        parents: fc.jsonValue(),
        parameters: fc.jsonValue(),
        exclude: fc.jsonValue(),
        dtype: fc.jsonValue(),
        seed: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(value, fc.jsonValue()), (json) => void faultsOf(() => parseRecipe(json))),
      { numRuns: 2000 },
    );
  });
});

describe("recipe text", () => {
  it("is YAML or JSON", () => {
    const yaml =
      "version: 1\nmethod: task_arithmetic\nbase: base\nparents:\n  - {model: a}\n  - {model: b, weight: 0.5}\nparameters: {lambda: 0.3}\n";
    expect(parseRecipeText(yaml)).toEqual({
      recipe: parseRecipe({ ...ta, parents: [{ model: "a" }, { model: "b", weight: 0.5 }] }),
      notes: [],
      fidelity: null,
    });
    expect(parseRecipeText(JSON.stringify(ta)).recipe).toEqual(parseRecipe(ta));
  });

  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefghi"].map((k, i) => `${k}: &${k} [${Array(9).fill(`*${"abcdefgh"[i]}`).join()}]`).join("\n")}\n`;
  it.each<[string, string, string[]]>([
    ["broken syntax", "method: [", ["RECIPE_SYNTAX"]],
    ["a duplicate key", "method: linear\nmethod: slerp\n", ["RECIPE_SYNTAX"]],
    ["two documents", "method: linear\n---\nmethod: slerp\n", ["RECIPE_SYNTAX"]],
    ["a tag that would make an object", "method: !!python/object/apply:os.system [id]\n", ["RECIPE_SYNTAX"]],
    ["an alias bomb", bomb, ["RECIPE_SYNTAX"]],
    ["an unknown alias", "method: *x\n", ["RECIPE_SYNTAX"]],
    ["100,000 levels", "[".repeat(100_000), ["RECIPE_SYNTAX"]],
    ["1 MB", `method: ${"x".repeat(1_000_001)}`, ["RECIPE_TOO_LARGE"]],
    ["nothing", "", ["VALUE_INVALID"]],
    [
      "yes for a boolean",
      "method: linear\nparents: [{model: a}]\nparameters: {normalize: yes}\n",
      ["VALUE_INVALID parameters normalize"],
    ],
    [".nan as a weight", "method: linear\nparents: [{model: a, weight: .nan}]\n", ["VALUE_INVALID parents 0 weight"]],
  ])("is refused: %s", (_, text, expected) => {
    expect(faultsOf(() => parseRecipeText(text))).toEqual(expected);
  });

  it("says where the syntax breaks", () => {
    expect(() => parseRecipeText("method: linear\nparents: [\n")).toThrow(/line \d/);
  });
});

describe("identity", () => {
  const digests = { base: "0".repeat(64), parents: ["1".repeat(64), "2".repeat(64)] };
  const identity = (value: Record<string, unknown>, d: { base: string; parents: string[] } = digests) =>
    recipeIdentity(parseRecipe({ ...ta, ...value }), d);

  it("is a known value: it must not change by accident", () => {
    expect(identity({})).toBe("c7322639c5f0b5a9208bedd5e775338424b5ee35bfdae43f5ee5342aa774f036");
  });

  it("does not depend on references, spelt-out defaults or the order of keys and globs", () => {
    const same = [
      identity({ base: "elsewhere@3" }),
      identity({ parents: [{ model: "x" }, { model: "y" }] }),
      identity({ parameters: { lambda: 0.3 }, seed: 0, version: 1 }),
      recipeIdentity(parseRecipe({ parents, base: "b", method: "task_arithmetic" }), digests),
    ];
    expect(new Set([identity({}), ...same]).size).toBe(1);
    expect(identity({ exclude: ["a", "b"] })).toBe(identity({ exclude: ["b", "a", "b"] }));
  });

  it("changes with everything that decides the bytes", () => {
    const others = [
      identity({}),
      identity({ parameters: { lambda: 0.4 } }),
      identity({ parents: [{ model: "a", weight: 0.5 }, { model: "b" }] }),
      identity({ exclude: [] }),
      identity({ dtype: "F16" }),
      identity({ seed: 1 }),
      identity({}, { ...digests, base: "3".repeat(64) }),
      identity({}, { ...digests, parents: [...digests.parents].reverse() }),
    ];
    expect(new Set(others).size).toBe(others.length);
  });
});

describe("methods as data", () => {
  it("have JSON Schemas that a form can show: numbers, integers, booleans and enums with description and default", () => {
    for (const { parametersSchema, id } of describeMethods()) {
      expect(parametersSchema, id).toMatchObject({ type: "object", additionalProperties: false });
      for (const [name, property] of Object.entries(
        z.record(z.string(), z.record(z.string(), z.unknown())).parse(parametersSchema["properties"] ?? {}),
      )) {
        expect(["number", "integer", "boolean", "string"]).toContain(property["type"]);
        expect(property["description"]).toEqual(expect.any(String));
        const isRequired = z.array(z.string()).catch([]).parse(parametersSchema["required"]).includes(name);
        expect(isRequired || "default" in property, `${id} ${name}`).toBe(true);
      }
    }
  });

  it("have unique ids, sentences as laws, and a source", () => {
    const described = describeMethods();
    expect(new Set(described.map(({ id }) => id)).size).toBe(methods.length);
    for (const { laws, source, summary } of described) {
      expect(laws.length).toBeGreaterThan(0);
      for (const law of laws) expect(law).toMatch(/^\S.*\.$/);
      expect(source).toMatch(/^https:\/\//);
      expect(summary).toMatch(/\.$/);
    }
  });

  it("give the coefficient of each parent", () => {
    const weighted = [
      { model: "a", weight: 1 },
      { model: "b", weight: 3 },
    ];
    expect(coefficientsOf(parseRecipe({ method: "linear", parents: weighted }))).toEqual({ base: null, parents: [0.25, 0.75] });
    expect(coefficientsOf(parseRecipe({ method: "linear", parents: weighted, parameters: { normalize: false } }))).toEqual({
      base: null,
      parents: [1, 3],
    });
    expect(coefficientsOf(parseRecipe({ ...ta, parents: weighted, parameters: { lambda: 0.5 } }))).toEqual({
      base: null,
      parents: [0.5, 1.5],
    });
    expect(coefficientsOf(parseRecipe({ method: "slerp", parents, parameters: { t: 0.25 } }))).toEqual({
      base: null,
      parents: [0.75, 0.25],
    });
    expect(coefficientsOf(parseRecipe({ method: "task_vector", base: "x", parents: [{ model: "a" }] }))).toEqual({
      base: -1,
      parents: [1],
    });
  });
});
