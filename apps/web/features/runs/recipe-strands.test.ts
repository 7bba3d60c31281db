import { expect, it } from "vitest";
import { namespacesOf, recipeStrands } from "./recipe-strands.ts";

const recipe = {
  method: "task_arithmetic",
  base: "ns/base@1",
  parents: [
    { model: "ns/spam@1", weight: 1 },
    { model: "other/pos@2", weight: -0.5 },
  ],
  parameters: { lambda: 0.4 },
};
const slots = [{ namespace: "ns", name: "spam", strand: 3, latest: { kind: "FINE_TUNED" } }];

it("a recipe can be drawn before its result exists", () => {
  const { parents, base } = recipeStrands(recipe, slots);
  expect(parents.map(({ label, colour, coefficient }) => [label, colour, coefficient])).toEqual([
    ["spam", "var(--s3)", 0.4],
    ["pos", "var(--s0)", -0.2],
  ]);
  expect(base?.label).toBe("base");
});

it("a weight that varies has no coefficient", () => {
  const parents = [
    { model: "ns/spam@1", weight: [0, 1] },
    { model: "ns/pos@1", weight: 0.5 },
  ];
  expect(recipeStrands({ ...recipe, parents }, slots).parents.map(({ coefficient }) => coefficient)).toEqual([null, 0.2]);
});

it("every namespace is asked for once", () => {
  expect(namespacesOf(recipe)).toEqual(["ns", "other"]);
  expect(namespacesOf(null)).toEqual([]);
});
