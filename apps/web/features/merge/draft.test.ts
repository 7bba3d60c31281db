import { describe, expect, it } from "vitest";
import {
  type Draft,
  emptyDraft,
  previewCoefficients,
  proposedName,
  readDraft,
  recipeToQuery,
  splitName,
  toRecipe,
  writeDraft,
} from "./draft.ts";

const draft: Draft = {
  ...emptyDraft,
  base: "six-tasks/base@1",
  parents: [
    { model: "six-tasks/spam@1", weight: 0.42 },
    { model: "six-tasks/pos@2", weight: -0.2 },
    { model: "six-tasks/era@1", weight: null },
  ],
  parameters: { lambda: 0.3, normalize: true },
  dtype: "F16",
  exclude: ["classifier.*"],
  name: "six-tasks/mine",
};
const arithmetic = { name: "task_arithmetic", needsBase: true, perParentWeight: true };

describe("a draft in the address", () => {
  it("survives the way there and back", () => {
    expect(readDraft(new URLSearchParams(writeDraft(draft)))).toEqual(draft);
    expect(readDraft(Object.fromEntries(new URLSearchParams(writeDraft(emptyDraft))))).toEqual(emptyDraft);
  });
  it("stays readable", () => {
    expect(writeDraft({ ...emptyDraft, base: "a/b@1" })).toBe("method=task_arithmetic&base=a/b@1");
  });
  it("takes a hostile address without falling over", () => {
    const read = readDraft(new URLSearchParams("p=&p=x~abc&x.__proto__=1&x.a=%7Bbad&dtype=F128&seed=x"));
    expect(read.parents).toEqual([
      { model: "", weight: null },
      { model: "x", weight: null },
    ]);
    expect(read.dtype).toBeNull();
    expect(Object.keys(read.parameters)).toEqual(["a"]);
  });
});

describe("the recipe of a draft", () => {
  it("holds only what the method takes", () => {
    expect(toRecipe(draft, arithmetic, new Set(["lambda"]))).toEqual({
      version: 1,
      method: "task_arithmetic",
      base: "six-tasks/base@1",
      parents: [
        { model: "six-tasks/spam@1", weight: 0.42 },
        { model: "six-tasks/pos@2", weight: -0.2 },
        { model: "six-tasks/era@1", weight: 1 },
      ],
      parameters: { lambda: 0.3 },
      exclude: ["classifier.*"],
      dtype: "F16",
    });
    const slerp = toRecipe(
      { ...draft, method: "slerp" },
      { name: "slerp", needsBase: false, perParentWeight: false },
      new Set(["t"]),
    );
    expect(slerp).not.toHaveProperty("base");
    expect(slerp).not.toHaveProperty("parameters");
    expect(JSON.stringify(slerp)).not.toContain("weight");
  });
  it("opens in the workbench again", () => {
    const recipe = toRecipe(draft, arithmetic, new Set(["lambda"]));
    const again = readDraft(new URLSearchParams(recipeToQuery(recipe)));
    expect(toRecipe(again, arithmetic, new Set(["lambda"]))).toEqual(recipe);
    expect(recipeToQuery("nonsense")).toBe("");
  });
});

describe("the coefficients drawn before the server answers", () => {
  const parents = [
    { model: "a", weight: 1 },
    { model: "b", weight: 3 },
  ];
  it("are scaled or normalised weights", () => {
    expect(previewCoefficients({ ...draft, parents }, true, { lambda: 0.5 })).toEqual([0.5, 1.5]);
    expect(previewCoefficients({ ...draft, parents }, true, { normalize: true })).toEqual([0.25, 0.75]);
    expect(
      previewCoefficients({ ...draft, parents: parents.map((p) => ({ ...p, weight: 0 })) }, true, { normalize: true }),
    ).toEqual([0, 0]);
  });
  it("are 1 − t and t between two, and unknown otherwise", () => {
    expect(previewCoefficients({ ...draft, parents }, false, { t: 0.25 })).toEqual([0.75, 0.25]);
    expect(previewCoefficients({ ...draft, parents }, false, {})).toEqual([null, null]);
  });
});

it("names are proposed from the method and checked before they are sent", () => {
  expect(proposedName(draft, [])).toBe("six-tasks/task-arithmetic");
  expect(proposedName(emptyDraft, ["acme"])).toBe("acme/task-arithmetic");
  expect(splitName("acme/my.merge-2")).toEqual({ namespace: "acme", name: "my.merge-2" });
  expect(splitName("acme")).toBeNull();
  expect(splitName("../x")).toBeNull();
});
