import { describe, expect, it } from "vitest";
import { chatTemplateWords, coefficientNote, recipeParts, tokenizerWords } from "./recipe-words.ts";

const recipe = {
  version: 1,
  method: "ties",
  base: "ns/base@1",
  baseAdapter: null,
  parents: [
    { model: "ns/a@1", weight: [0.2, 1], density: [{ filter: "mlp", value: 0.2 }, { value: 0.6 }] },
    { model: "ns/b@2", adapter: "ns/lora@1", weight: 1, density: 0.5 },
  ],
  parameters: { lambda: 1, normalizeWeights: true },
  slices: null,
  exclude: ["classifier.*", "lm_head.*"],
  dtype: "BF16",
  seed: 7,
  tokenizer: { source: "union", tokens: { "<a>": {} }, padToMultipleOf: 64 },
  chatTemplate: "auto",
};

describe("a recipe in words", () => {
  it("tells the settings of each parent", () => {
    expect(recipeParts(recipe).parents).toEqual([
      {
        ref: "ns/a@1",
        adapter: null,
        said: [
          { label: "Weight", value: "0.2 → 1 over the layers" },
          { label: "Density", value: "mlp: 0.2, else 0.6" },
        ],
      },
      {
        ref: "ns/b@2",
        adapter: "ns/lora@1",
        said: [
          { label: "Weight", value: "1" },
          { label: "Density", value: "0.5" },
        ],
      },
    ]);
    expect(recipeParts(recipe).base).toEqual({ ref: "ns/base@1", adapter: null, said: [] });
  });
  it("tells what holds for the whole merge", () => {
    expect(recipeParts(recipe).said.map(({ label, value }) => `${label}: ${value}`)).toEqual([
      "Lambda: 1",
      "Normalize weights: yes",
      "Tokenizer: tokens of all models, rules for 1 token, rows filled up to a multiple of 64",
      "Chat template: chosen among the parents'",
      "Leaves out: classifier.*, lm_head.*",
      "Stored as: BF16",
      "Seed: 7",
    ]);
  });
  it("counts the layers of a stack in the result", () => {
    const slices = [
      { sources: [{ model: "ns/a@1", layers: [0, 8] }] },
      { sources: [{ model: "ns/b@2", layers: [4, 5], scale: [0, 1] }], parameters: { t: 0.5 } },
    ];
    expect(recipeParts({ slices }).slices).toEqual([
      { title: "Layers 0 to 7", sources: [{ ref: "ns/a@1", adapter: null, layers: "layers 0 to 7", said: [] }], said: [] },
      {
        title: "Layer 8",
        sources: [
          { ref: "ns/b@2", adapter: null, layers: "layer 4", said: [{ label: "Scale", value: "0 → 1 over the layers" }] },
        ],
        said: [{ label: "t", value: "0.5" }],
      },
    ]);
  });
  it("says nothing about what is not a recipe", () => {
    for (const value of [null, "x", 3, [], {}]) expect(recipeParts(value)).toMatchObject({ parents: [], slices: [] });
    expect(recipeParts({ parents: [1, {}], slices: [2, { sources: "x" }] })).toMatchObject({ parents: [] });
  });
});

it("a policy of tokens names whose tokenizer is kept", () => {
  expect(tokenizerWords({ source: "base" })).toEqual(["that of the base"]);
  expect(tokenizerWords({ source: "ns/a@1" })).toEqual(["that of ns/a@1"]);
});

it("a chat template is a name, or told by its length", () => {
  expect(chatTemplateWords("chatml")).toBe("chatml");
  expect(chatTemplateWords("{{ x }}")).toBe("written out, 7 characters");
});

describe("a coefficient without a number", () => {
  it("varies where the recipe varies, and is left empty elsewhere", () => {
    expect(coefficientNote(recipe, "ns/a@1")).toBe("varies");
    expect(coefficientNote(recipe, "ns/b@2")).toBe("");
    expect(coefficientNote({ ...recipe, parameters: { lambda: [0, 1] } }, "ns/b@2")).toBe("varies");
    expect(coefficientNote({ ...recipe, slices: [{ sources: [] }] }, "ns/b@2")).toBe("varies");
    expect(coefficientNote(null, "ns/b@2")).toBe("");
  });
});
