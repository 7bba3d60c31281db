import { parseRecipe } from "@amalgam/engine/merge";
import { describe, expect, test } from "vitest";
import { searchGrid } from "./search-grid.ts";

const recipeOf = (method: string) =>
  parseRecipe(
    {
      method,
      base: "a/base",
      parents: [
        { model: "a/x", lambda: 0.3 },
        { model: "a/y", lambda: 1.5 },
      ],
    },
    { statistics: "later" },
  );
const tuned = (name: string, low = 0, high = 1) => ({ name, kind: "float", low, high }) as const;

describe("where the models of a study are measured", () => {
  test("on a grid over what λ may be", () => {
    const grid = searchGrid(recipeOf("df_merge"), [tuned("lambda[0]"), tuned("lambda[1]", 0.2, 0.6)], {});
    expect([grid(0), grid(1)]).toEqual([
      [0, 0.25, 0.5, 0.75, 1],
      [0.2, 0.3, 0.4, 0.5, 0.6],
    ]);
  });

  test("of one number for all, on the same grid; of as many λ as wished", () => {
    const grid = searchGrid(recipeOf("df_merge"), [tuned("lambda[*]", -1, 1)], { grid: 3 });
    expect([grid(0), grid(1)]).toEqual([
      [-1, 0, 1],
      [-1, 0, 1],
    ]);
  });

  test("a λ that is not tuned has no grid; one that is tuned for some tensors alone reaches to what the others have", () => {
    const grid = searchGrid(recipeOf("df_merge"), [tuned("lambda[1]{mlp}")], { grid: 2 });
    expect([grid(0), grid(1)]).toEqual([null, [0, 1.5]]);
  });

  test("methods that are measured at the models, and callers who say where, need no grid", () => {
    const given = [{ model: "a/x" }, { model: "a/y" }];
    const fisher = parseRecipe({ method: "fisher", parents: given }, { statistics: "later" });
    expect(searchGrid(fisher, [tuned("weight[0]")], {})(0)).toBeNull();
    expect(searchGrid(recipeOf("df_merge"), [tuned("lambda[0]")], { lambdas: [1] })(0)).toBeNull();
  });
});
