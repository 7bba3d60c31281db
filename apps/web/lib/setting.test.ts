import { describe, expect, it } from "vitest";
import { parseSetting, readSetting, type Setting, settingWords, writeSetting } from "./setting.ts";

describe("a setting in words", () => {
  it.each<[Setting, string]>([
    [0.30000000000000004, "0.3"],
    [-1e-8, "−1e−8"],
    [true, "yes"],
    ["row", "row"],
    [[0.2, 1], "0.2 → 1 over the layers"],
    [[0.5, 0.5], "0.5"],
    [Array.from({ length: 32 }, (_, i) => i), "0 → … → 31 over the layers (32 values)"],
    [[{ filter: "mlp", value: 0.2 }, { value: 0.6 }], "mlp: 0.2, else 0.6"],
    [[{ filter: "self_attn", value: [0, 1] }, { value: 0.5 }], "self_attn: 0 → 1 over the layers, else 0.5"],
  ])("%j", (setting, words) => expect(settingWords(setting)).toBe(words));
});

describe("a setting that is typed", () => {
  it.each<[string, Setting | null]>([
    ["0.5", 0.5],
    ["0,5", 0.5],
    ["−0.2", -0.2],
    ["1e-8", 1e-8],
    ["0.2 → 1", [0.2, 1]],
    ["0.2, 1", [0.2, 1]],
    ["[0, 0.5, 1]", [0, 0.5, 1]],
    ["0 -> 1", [0, 1]],
    ["mlp: 0.2, else 0.6", [{ filter: "mlp", value: 0.2 }, { value: 0.6 }]],
    ["mlp: 0.2, 1, *: 0.6", [{ filter: "mlp", value: [0.2, 1] }, { value: 0.6 }]],
    ['"a, b: c": 1; else: 2', [{ filter: "a, b: c", value: 1 }, { value: 2 }]],
    ["mlp:", null],
    ["0.2 →", null],
    ["half", null],
    ["", null],
    ['"": 1', null],
  ])("%s", (text, setting) => expect(parseSetting(text)).toEqual(setting));

  it.each<[Setting]>([
    [0.1 + 0.2],
    [-3],
    [[0.2, -1e-9, 1]],
    [[{ filter: "mlp", value: [0.2, 1] }, { filter: "else", value: 1 }, { filter: "#0, y", value: 2 }, { value: -1 }]],
  ])("reads back as it was written: %j", (setting) => expect(parseSetting(writeSetting(setting))).toEqual(setting));
});

it("what is no setting is not read as one", () => {
  for (const value of [null, undefined, {}, [], [[1]], [{ value: null }], [1, { value: 1 }], Number.NaN])
    expect(readSetting(value)).toBeNull();
  expect(readSetting([{ filter: "*", value: 1 }])).toEqual([{ value: 1 }]);
});
