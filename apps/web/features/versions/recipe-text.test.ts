import { expect, it } from "vitest";
import { inOrder, toYaml } from "./recipe-text.ts";

it("a recipe reads like one written by hand", () => {
  const recipe = {
    version: 1,
    method: "task_arithmetic",
    base: "six-tasks/base@1",
    parents: [
      { model: "six-tasks/spam@1", weight: 1 },
      { model: "six-tasks/pos@1", weight: -0.2 },
    ],
    parameters: { lambda: 0.3 },
    exclude: ["classifier.*"],
    dtype: undefined,
  };
  expect(toYaml(recipe)).toBe(
    [
      "version: 1",
      "method: task_arithmetic",
      "base: six-tasks/base@1",
      "parents:",
      "  - {model: six-tasks/spam@1, weight: 1}",
      "  - {model: six-tasks/pos@1, weight: -0.2}",
      "parameters: {lambda: 0.3}",
      'exclude: ["classifier.*"]',
      "",
    ].join("\n"),
  );
});

it("words that YAML would read as something else are quoted", () => {
  expect(toYaml({ a: "true", b: "1", c: "x: y", d: "- z", e: "" }).split("\n")).toEqual([
    'a: "true"',
    'b: "1"',
    'c: "x: y"',
    'd: "- z"',
    'e: ""',
    "",
  ]);
});

it("nested lists and records are indented", () => {
  expect(toYaml({ slices: [{ sources: [{ model: "a", range: [0, 4] }] }], empty: {}, none: [] })).toBe(
    "slices:\n  - sources:\n      - model: a\n        range: [0, 4]\nempty: {}\nnone: []\n",
  );
});

it("what varies is written as it is: lists along the layers, cases by filter", () => {
  const weight = [0.2, 1];
  const density = [{ filter: ".mlp.", value: [1e-8, 1] }, { filter: ".5", value: 0 }, { value: 0.6 }];
  expect(toYaml({ parents: [{ model: "ns/a@1", weight, density }], parameters: { t: [0, 1], trim: "row" } })).toBe(
    [
      "parents:",
      "  - model: ns/a@1",
      "    weight: [0.2, 1]",
      "    density:",
      "      - filter: .mlp.",
      "        value: [1.0e-8, 1]",
      '      - {filter: ".5", value: 0}',
      "      - {value: 0.6}",
      "parameters:",
      "  t: [0, 1]",
      "  trim: row",
      "",
    ].join("\n"),
  );
});

it("keys come in the order of the documentation, whatever order the store has", () => {
  const stored = {
    base: "b",
    seed: 3,
    parents: [{ gamma: 1, model: "a", weight: [{ value: 1, filter: "x" }] }],
    version: 1,
    method: "m",
  };
  expect(JSON.stringify(inOrder(stored))).toBe(
    '{"version":1,"method":"m","base":"b","parents":[{"model":"a","weight":[{"filter":"x","value":1}],"gamma":1}],"seed":3}',
  );
});
