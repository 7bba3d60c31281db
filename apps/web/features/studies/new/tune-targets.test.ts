import { expect, it } from "vitest";
import { choicesOf, completed, partsOf, tunableOf, usualRows } from "./tune-targets.ts";

const tunables = [
  { name: "lambda", perParent: false, isUsual: true, low: 0, high: 2 },
  { name: "weight", perParent: true, isUsual: false, low: 0, high: 1 },
];

it("numbers of parents can be tuned for each, for all alike, or for one", () => {
  expect(choicesOf(tunables, ["spam", "pos"]).map(({ name }) => name)).toEqual([
    "lambda",
    "weight",
    "weight[*]",
    "weight[0]",
    "weight[1]",
  ]);
  expect(choicesOf(tunables, ["spam"]).at(-1)).toEqual({ name: "weight[0]", label: "weight of spam" });
});

it("a name is taken apart into number, parent and tensors", () => {
  expect(partsOf("weight[0]{mlp.*}")).toEqual({ base: "weight[0]", filter: "mlp.*" });
  expect(partsOf("lambda")).toEqual({ base: "lambda", filter: "" });
  expect(tunableOf(tunables, "weight[*]{mlp}")?.name).toBe("weight");
  expect(tunableOf(tunables, "beta")).toBeUndefined();
});

it("what is usual is tuned, and half a range is completed by the usual other half", () => {
  expect(usualRows(tunables)).toEqual([{ name: "lambda", low: null, high: null, log: false }]);
  expect(completed({ name: "lambda", low: 0.5, high: null, log: false }, tunables)).toMatchObject({ low: 0.5, high: 2 });
  expect(completed({ name: "lambda", low: null, high: null, log: false }, tunables)).toMatchObject({ low: null, high: null });
});
