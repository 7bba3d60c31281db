import { expect, it } from "vitest";
import { toYaml } from "./recipe-text.ts";

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
