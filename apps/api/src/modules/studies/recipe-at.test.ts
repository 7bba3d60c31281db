import { parseRecipe } from "@amalgam/engine/merge";
import { expect, test } from "vitest";
import { anchorsOf, paramsOf, parseCoordinateName, recipeAt } from "./recipe-at.ts";

const parents = [{ model: "a/one" }, { model: "a/two", weight: 0.4 }];
const arithmetic = parseRecipe({ method: "task_arithmetic", base: "a/base", parents, parameters: { lambda: 0.7 } });
const ties = parseRecipe({ method: "ties", base: "a/base", parents });
const float = (name: string, low = 0, high = 1) => ({ name, kind: "float", low, high }) as const;

test.each([
  ["lambda", { name: "lambda", parent: null, filter: null }],
  ["weight[1]", { name: "weight", parent: 1, filter: null }],
  ["density[*]", { name: "density", parent: "all", filter: null }],
  ["t{self_attn.q}", { name: "t", parent: null, filter: "self_attn.q" }],
  ["density[0]{mlp}", { name: "density", parent: 0, filter: "mlp" }],
])("%s is read", (text, parsed) => expect(parseCoordinateName(text)).toEqual(parsed));

test.each(["", "1lambda", "weight[]", "weight[-1]", "t{}", "t{a}{b}", "t{a}[0]", "λ", "weight[0] ", "a.b"])(
  "%j is no name",
  (text) => expect(parseCoordinateName(text)).toBeNull(),
);

test("numbers go to their places and nothing else changes", () => {
  const made = recipeAt(arithmetic, { lambda: 1.25, "weight[0]": 0.5 });
  expect(made).toEqual({
    ...arithmetic,
    parameters: { ...arithmetic.parameters, lambda: 1.25 },
    parents: [{ model: "a/one", weight: 0.5 }, arithmetic.parents[1]],
  });
  expect(recipeAt(arithmetic, paramsOf(arithmetic, [float("lambda"), float("weight[0]"), float("weight[1]")]))).toEqual(
    arithmetic,
  );
});

test("a number for some tensors goes before what the recipe says for the others", () => {
  expect(recipeAt(arithmetic, { "lambda{mlp}": 0.1, lambda: 0.9 }).parameters["lambda"]).toEqual([
    { filter: "mlp", value: 0.1 },
    { value: 0.9 },
  ]);
  expect(recipeAt(arithmetic, { "lambda{mlp}": 0.1 }).parameters["lambda"]).toEqual([
    { filter: "mlp", value: 0.1 },
    { value: 0.7 },
  ]);
  const twice = recipeAt(ties, { "density[0]{attn}": 0.3, "density[0]{mlp}": 0.6 });
  expect(twice.parents[0]?.["density"]).toEqual([{ filter: "mlp", value: 0.6 }, { filter: "attn", value: 0.3 }, { value: 0.2 }]);
});

test("one number for all parents gives way to that of one parent, whatever their order", () => {
  expect(recipeAt(ties, { "density[1]": 0.9, "density[*]": 0.4 }).parents.map(({ density }) => density)).toEqual([0.4, 0.9]);
  expect(paramsOf(ties, [float("density[*]")])).toEqual({ "density[*]": 0.2 });
});

test("what the method refuses is refused with its own words", () => {
  expect(() => recipeAt(arithmetic, { "weight[0]": 0, "weight[1]": 0 })).toThrow(/Every weight is 0/);
});

test("the recipe comes first, then the usual factors that lie within the bounds", () => {
  expect(anchorsOf(arithmetic, [float("lambda", 0, 2)])).toEqual([
    { lambda: 0.7 },
    { lambda: 0.3 },
    { lambda: 0.5 },
    { lambda: 1 },
  ]);
  expect(anchorsOf(arithmetic, [float("lambda", 0, 0.5)])).toEqual([{ lambda: 0.3 }, { lambda: 0.5 }]);
  expect(anchorsOf(ties, [float("density[0]", 0.05), float("weight[1]")])).toEqual([{ "density[0]": 0.2, "weight[1]": 0.4 }]);
});
