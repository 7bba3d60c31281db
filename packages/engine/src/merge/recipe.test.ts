import { expect, test } from "vitest";
import { methods } from "./methods/index.ts";
import { parseRecipe } from "./recipe.ts";

test.each(methods.map((method) => [method.id, method] as const))(
  "a parsed recipe of %s parses to itself",
  (id, { arity, base }) => {
    const parents = Array.from({ length: Math.max(2, arity.min) }, (_, i) => ({ model: `acme/m${i}@1` })).slice(
      0,
      arity.max ?? undefined,
    );
    const parameters = id === "emr_task" ? { task: "m0" } : {};
    const given = { method: id, parents, parameters, ...(base === "required" ? { base: "acme/base@1" } : {}) };
    const recipe = parseRecipe(given, { statistics: "later" });
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)), { statistics: "later" })).toEqual(recipe);
  },
);

test("a weight for a method that knows none is a fault", () => {
  expect(() => parseRecipe({ method: "slerp", parents: [{ model: "a", weight: 0.3 }, { model: "b" }] })).toThrow(
    "takes no weight",
  );
});
