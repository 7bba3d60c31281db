import { methods, parseRecipe } from "@amalgam/engine/merge";
import { checkSpace } from "@amalgam/engine/tune";
import { expect, test } from "vitest";
import { spaceOf } from "./space-of.ts";
import { tunablesOf, usualNames } from "./tunable.ts";

const parents = [{ model: "a/one" }, { model: "a/two" }];
const recipe = (method: string, more: object = { base: "a/base" }) => parseRecipe({ method, parents, ...more });

test("without names the factor is tuned, else the weights, else the numbers with a usual range", () => {
  expect(spaceOf(recipe("ties"), [])).toEqual([{ name: "lambda", kind: "float", low: 0, high: 2 }]);
  expect(spaceOf(recipe("linear", {}), []).map(({ name, low, high }) => [name, low, high])).toEqual([
    ["weight[0]", 0, 1],
    ["weight[1]", 0, 1],
  ]);
  expect(spaceOf(recipe("slerp", {}), [])).toEqual([{ name: "t", kind: "float", low: 0, high: 1 }]);
});

test("one name for all parents, bounds of one's own, a logarithmic scale, whole numbers, tensors of a kind", () => {
  expect(spaceOf(recipe("ties"), [{ name: "density" }, { name: "lambda", low: 0.5, high: 3 }]).map(({ name }) => name)).toEqual([
    "density[0]",
    "density[1]",
    "lambda",
  ]);
  expect(spaceOf(recipe("ties"), [{ name: "density[*]" }])).toEqual([{ name: "density[*]", kind: "float", low: 0.05, high: 1 }]);
  expect(spaceOf(recipe("nearswap", { base: "a/base", parents: [{ model: "a/one" }] }), [])).toEqual([
    { name: "t", kind: "float", low: 1e-6, high: 1, log: true },
  ]);
  expect(spaceOf(recipe("lawa", {}), [{ name: "window", low: 1, high: 5 }])).toEqual([
    { name: "window", kind: "int", low: 1, high: 5 },
  ]);
  expect(spaceOf(recipe("slerp", {}), [{ name: "t{attn}" }, { name: "t{mlp}" }]).map(({ name }) => name)).toEqual([
    "t{attn}",
    "t{mlp}",
  ]);
});

test("what has no usual range needs bounds, and what holds for the whole model cannot be tuned for some tensors", () => {
  const fault = (method: string, name: string, more?: object) => () => spaceOf(recipe(method, more), [{ name }]);
  expect(fault("lawa", "window", {})).toThrow(/window has no usual range; give its bounds, as in window=1:64/);
  expect(fault("linear", "normalize", {})).toThrow(/Linear has no number "normalize" to tune; it has: weight\[i\]/);
  expect(fault("slerp", "t[0]", {})).toThrow(/t belongs to the whole merge/);
});

test.each(methods.map(({ id }) => id))("every usual number of %s has bounds that the method allows", (id) => {
  const usual = usualNames(id);
  for (const { name, bounds, least, most } of tunablesOf(id).filter((each) => usual.includes(each.name))) {
    if (bounds === null) throw new Error(`${name} is usual, but has no bounds`);
    const [low, high] = bounds;
    expect(low).toBeGreaterThanOrEqual(least);
    expect(high).toBeLessThanOrEqual(most);
    checkSpace([{ name, kind: "float", low, high }]);
  }
});
