import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readSetting } from "../src/merge/read-settings.ts";
import { isVarying, type Setting, settingAt, withFallback } from "../src/merge/settings.ts";

const share = z.number().min(0).max(1).default(0.5);
const read = (value: unknown, schema: z.ZodType = share) => {
  const { value: setting, faults } = readSetting(value, schema, ["parameters", "t"]);
  return faults.length > 0 ? faults.map(({ code, path }) => [code, ...path].join(" ")) : setting;
};
const at = (setting: Setting, position: number, tensor = "model.layers.0.mlp.up_proj.weight") =>
  settingAt(setting, { tensor, position });

describe("a setting", () => {
  it("of one value is that value everywhere", () => {
    expect([0, 0.3, 1].map((t) => at(0.7, t))).toEqual([0.7, 0.7, 0.7]);
    expect(at("median", 0.5)).toBe("median");
    expect([isVarying(0.7), isVarying([0, 1]), isVarying([{ filter: "mlp", value: 1 }])]).toEqual([false, true, true]);
  });

  it("of numbers runs straight from each to the next", () => {
    expect([0, 0.25, 0.5, 0.75, 1].map((t) => at([0, 0.25, 1], t))).toEqual([0, 0.125, 0.25, 0.625, 1]);
    expect([0, 0.5, 1].map((t) => at([1, 0], t))).toEqual([1, 0.5, 0]);
  });

  it("of texts or booleans goes in steps", () => {
    expect([0, 0.49, 0.5, 0.99, 1].map((t) => at([true, false, true], t))).toEqual([true, true, false, false, true]);
    expect([0, 0.9, 1].map((t) => at(["a", "b"], t))).toEqual(["a", "a", "b"]);
  });

  it("of cases is the first whose filter is a part of the name", () => {
    const cases = [{ filter: "self_attn", value: [0, 1] }, { filter: "proj", value: 0.2 }, { value: 0.5 }];
    expect(at(cases, 0.25, "layers.3.self_attn.q_proj.weight")).toBe(0.25);
    expect(at(cases, 0.25, "layers.3.mlp.up_proj.weight")).toBe(0.2);
    expect(at(cases, 0.25, "norm.weight")).toBe(0.5);
    expect(at([{ filter: "*", value: 1 }], 0)).toBe(1);
    expect(at([{ filter: "self_attn", value: 1 }], 0, "norm.weight")).toBeUndefined();
  });

  it("never leaves the range of its numbers", () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (numbers, t) => {
        const value = Number(at(numbers, t));
        expect(value).toBeGreaterThanOrEqual(Math.min(...numbers));
        expect(value).toBeLessThanOrEqual(Math.max(...numbers));
      }),
    );
  });

  it.each<[string, Setting | undefined, Setting | undefined, Setting | undefined]>([
    ["alone", 1, undefined, 1],
    ["of one value hides what stands behind", 1, 2, 1],
    ["that ends with every tensor hides it as well", [{ value: 1 }], 2, [{ value: 1 }]],
    ["with open cases leaves the rest to a value", [{ filter: "a", value: 1 }], 2, [{ filter: "a", value: 1 }, { value: 2 }]],
    [
      "with open cases leaves the rest to a gradient",
      [{ filter: "a", value: 1 }],
      [0, 1],
      [{ filter: "a", value: 1 }, { value: [0, 1] }],
    ],
    [
      "with open cases leaves the rest to more cases",
      [{ filter: "a", value: 1 }],
      [{ filter: "b", value: 2 }],
      [
        { filter: "a", value: 1 },
        { filter: "b", value: 2 },
      ],
    ],
  ])("%s", (_, first, second, expected) => {
    expect(withFallback(first, second)).toEqual(expected);
  });
});

describe("a setting is read", () => {
  it.each<[string, unknown, unknown]>([
    ["a value", 0.3, 0.3],
    ["a gradient", [0, 0.5, 1], [0, 0.5, 1]],
    ["a list of one value as that value", [0.3], 0.3],
    [
      "a case for every tensor as its value",
      [
        { filter: "*", value: [0, 1] },
        { filter: "a", value: 1 },
      ],
      [0, 1],
    ],
    [
      "* as no filter, and nothing behind it",
      [{ filter: "a", value: 1 }, { filter: "*", value: 0 }, { value: 1 }],
      [{ filter: "a", value: 1 }, { value: 0 }],
    ],
  ])("%s", (_, value, expected) => {
    expect(read(value)).toEqual(expected);
  });

  it.each<[string, unknown, string[]]>([
    ["a value out of bounds", 2, ["VALUE_INVALID parameters t"]],
    ["NaN", Number.NaN, ["VALUE_INVALID parameters t"]],
    ["a text for a number", "0.5", ["VALUE_INVALID parameters t"]],
    ["null", null, ["VALUE_INVALID parameters t"]],
    ["a value out of bounds in a gradient", [0, 2], ["VALUE_INVALID parameters t 1"]],
    ["an empty list", [], ["VALUE_INVALID parameters t"]],
    ["a list of lists", [[0, 1]], ["VALUE_INVALID parameters t 0"]],
    ["values and cases together", [0.5, { value: 1 }], ["VALUE_INVALID parameters t 0"]],
    ["a case without a value", [{ filter: "a" }], ["KEY_MISSING parameters t 0 value"]],
    ["a case with another key", [{ filter: "a", value: 1, t: 1 }], ["KEY_UNKNOWN parameters t 0 t"]],
    ["an empty filter", [{ filter: "", value: 1 }], ["VALUE_INVALID parameters t 0 filter"]],
    ["a value out of bounds in a case", [{ filter: "a", value: [0, 3] }], ["VALUE_INVALID parameters t 0 value 1"]],
    ["100,000 values", Array(100_000).fill(0), ["VALUE_INVALID parameters t"]],
  ])("and refused with its place: %s", (_, value, expected) => {
    expect(read(value)).toEqual(expected);
  });

  it("whole numbers vary by cases, not by a gradient", () => {
    const count = z.int().min(1).max(100);
    expect(read([1, 5], count)).toEqual(["VALUE_INVALID parameters t"]);
    expect(read([{ filter: "mlp", value: 5 }, { value: 1 }], count)).toEqual([{ filter: "mlp", value: 5 }, { value: 1 }]);
    expect(read([true, false], z.boolean())).toEqual([true, false]);
    expect(read(["l1", "none"], z.enum(["l1", "none"]))).toEqual(["l1", "none"]);
    expect(read(["l1", "l2"], z.enum(["l1", "none"]))).toEqual(["VALUE_INVALID parameters t 1"]);
  });
});
