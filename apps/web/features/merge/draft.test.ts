import { describe, expect, it } from "vitest";
import {
  type Draft,
  emptyDraft,
  type MethodShape,
  previewCoefficients,
  proposedName,
  readDraft,
  recipeToQuery,
  splitName,
  toRecipe,
  writeDraft,
} from "./draft.ts";
import { fieldsOf } from "./fields.ts";

const number = (initial: number) => ({ type: "number", default: initial });
const shape = (base: MethodShape["base"], parameters: object, own: object): MethodShape => ({
  base,
  parameters: fieldsOf({ properties: parameters }),
  own: fieldsOf({ properties: own }),
});

const draft: Draft = {
  ...emptyDraft,
  base: "six-tasks/base@1",
  parents: [
    { model: "six-tasks/spam@1", own: { weight: 0.42, density: 0.5 } },
    { model: "six-tasks/pos@2", own: { weight: -0.2 } },
    { model: "six-tasks/era@1", own: {} },
  ],
  parameters: { lambda: 0.3, normalize: true },
  dtype: "F16",
  exclude: ["classifier.*"],
  name: "six-tasks/mine",
  suite: "six-tasks/six-tasks",
};
const arithmetic = shape("REQUIRED", { lambda: number(0.3) }, { weight: number(1) });
const sparse = shape("REQUIRED", { lambda: number(1) }, { weight: number(1), density: number(0.2) });
const slerp = shape("NONE", { t: number(0.5) }, {});

const varying: Draft = {
  ...emptyDraft,
  method: "ties",
  base: "ns/base@1",
  parents: [
    { model: "ns/a@1", own: { weight: [0.2, 1], density: [{ filter: "a~b:mlp", value: 0.2 }, { value: [0.6, 1] }] } },
    { model: "ns/b@1", own: { weight: 1 } },
  ],
  parameters: { lambda: [0.5, 1], trim: [{ filter: "mlp", value: "model" }, { value: "tensor" }] },
  others: {
    slices: [{ sources: [{ model: "ns/a@1", layers: [0, 4], weight: 0.1 }] }],
    tokenizer: { source: "union" },
    chatTemplate: "{{ x }}~\n",
  },
};

describe("a draft in the address", () => {
  it.each([draft, emptyDraft, varying])("survives the way there and back", (each) => {
    expect(readDraft(new URLSearchParams(writeDraft(each)))).toEqual(each);
  });
  it("is read from a page's query as well", () => {
    expect(readDraft({ p: ["a~2", "b"], method: "linear" }).parents).toEqual([
      { model: "a", own: { weight: 2 } },
      { model: "b", own: {} },
    ]);
  });
  it("stays readable", () => {
    const parents = [{ model: "a/b@1", own: { weight: 0.5, density: 0.3 } }];
    expect(writeDraft({ ...emptyDraft, base: "a/b@1", parents })).toBe(
      "method=task_arithmetic&base=a/b@1&p=a/b@1~0.5~density:0.3",
    );
  });
  it("takes a hostile address without falling over", () => {
    const read = readDraft(new URLSearchParams("p=&p=x~abc~__proto__:1~a:{}&x.__proto__=1&x.a=%7Bbad&r.x=1&dtype=F128&seed=x"));
    expect(read.parents).toEqual([
      { model: "", own: {} },
      { model: "x", own: {} },
    ]);
    expect(read.dtype).toBeNull();
    expect(Object.keys(read.parameters)).toEqual(["a"]);
    expect(read.others).toEqual({});
  });
});

describe("the recipe of a draft", () => {
  it("holds only what the method takes", () => {
    expect(toRecipe(draft, arithmetic)).toEqual({
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
    const other = toRecipe({ ...draft, method: "slerp" }, slerp);
    expect(other).not.toHaveProperty("base");
    expect(other).not.toHaveProperty("parameters");
    expect(JSON.stringify(other)).not.toContain("weight");
  });
  it("leaves the defaults of other settings to the method", () => {
    expect(toRecipe(draft, sparse)["parents"]).toEqual([
      { model: "six-tasks/spam@1", weight: 0.42, density: 0.5 },
      { model: "six-tasks/pos@2", weight: -0.2 },
      { model: "six-tasks/era@1", weight: 1 },
    ]);
  });
  it("may have a base or not where it is optional", () => {
    const optional = { ...arithmetic, base: "OPTIONAL" as const };
    expect(toRecipe(draft, optional)["base"]).toBe("six-tasks/base@1");
    expect(toRecipe({ ...draft, base: null }, optional)).not.toHaveProperty("base");
  });
  it.each([
    [draft, arithmetic],
    [
      varying,
      shape("REQUIRED", { lambda: number(1), trim: { enum: ["tensor", "model"] } }, { weight: number(1), density: number(1) }),
    ],
  ])("opens in the workbench again, with all that varies", (each, method) => {
    const recipe = toRecipe(each, method);
    const again = readDraft(new URLSearchParams(recipeToQuery(recipe)));
    expect(toRecipe(again, method)).toEqual(recipe);
  });
  it("keeps what the form has no field for", () => {
    const recipe = { method: "linear", base: "b", baseAdapter: "c", parents: [{ model: "a", adapter: "x", weight: 1 }] };
    const again = toRecipe(readDraft(new URLSearchParams(recipeToQuery(recipe))), arithmetic);
    expect(again).toMatchObject({ ...recipe, parents: [{ model: "a", adapter: "x", weight: 1 }] });
    expect(recipeToQuery("nonsense")).toBe("");
  });
});

describe("the coefficients drawn before the server answers", () => {
  const of = (...weights: (number | number[])[]) => ({
    ...draft,
    parents: weights.map((weight, i) => ({ model: `m${i}`, own: { weight } })),
  });
  it("are scaled or normalised weights", () => {
    expect(previewCoefficients(of(1, 3), 1, { lambda: 0.5 })).toEqual([0.5, 1.5]);
    expect(previewCoefficients(of(1, 3), 1, { normalize: true })).toEqual([0.25, 0.75]);
    expect(previewCoefficients(of(1, 3), 1, { normalizeWeights: true })).toEqual([0.25, 0.75]);
    expect(previewCoefficients(of(0, 0), 1, { normalize: true })).toEqual([0, 0]);
    expect(previewCoefficients({ ...draft, parents: [{ model: "a", own: {} }] }, 0.5, {})).toEqual([0.5]);
  });
  it("are 1 − t and t between two, and unknown otherwise", () => {
    expect(previewCoefficients(of(1, 3), null, { t: 0.25 })).toEqual([0.75, 0.25]);
    expect(previewCoefficients(of(1, 3), null, {})).toEqual([null, null]);
  });
  it("are unknown where something varies, never a wrong number", () => {
    expect(previewCoefficients(of([0, 1], 3), 1, {})).toEqual([null, 3]);
    expect(previewCoefficients(of([0, 1], 3), 1, { normalize: true })).toEqual([null, null]);
    expect(previewCoefficients(of(1, 3), 1, { lambda: [0, 1] })).toEqual([null, null]);
    expect(previewCoefficients(of(1, 3), null, { t: [0, 1] })).toEqual([null, null]);
    expect(previewCoefficients(varying, 1, {})).toEqual([null, null]);
  });
});

it("names are proposed from the method and checked before they are sent", () => {
  expect(proposedName(draft, [])).toBe("six-tasks/task-arithmetic");
  expect(proposedName(emptyDraft, ["acme"])).toBe("acme/task-arithmetic");
  expect(splitName("acme/my.merge-2")).toEqual({ namespace: "acme", name: "my.merge-2" });
  expect(splitName("acme")).toBeNull();
  expect(splitName("../x")).toBeNull();
});
