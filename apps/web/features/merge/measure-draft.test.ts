import { expect, test } from "vitest";
import { readMeasure, toStatistics, usualMeasure, writeMeasure } from "./measure-draft.ts";

const said = { tasks: { "a/x@1": "a/nli" }, baseTask: "a/lm", examples: 64 };

test("an address holds what was said, and nothing when nothing was", () => {
  expect(readMeasure(writeMeasure(said))).toEqual(said);
  expect(writeMeasure(usualMeasure)).toBeNull();
  expect(readMeasure(null)).toEqual(usualMeasure);
});

test("what an address cannot mean is left at its default", () => {
  for (const text of ["", "[]", "{", '{"tasks":3,"baseTask":"none","examples":0}', '{"tasks":{"a/x":7},"examples":1e9}'])
    expect(readMeasure(text), text).toEqual(usualMeasure);
});

test("the API is asked for what the method takes, parents in their order", () => {
  const parents = [{ model: "a/y@1" }, { model: "a/x@1" }];
  expect(toStatistics(said, parents, { ofBase: true })).toEqual({ tasks: [null, "a/nli"], baseTask: "a/lm", examples: 64 });
  expect(toStatistics(said, [{ model: "a/y@1" }], { ofBase: false })).toEqual({ examples: 64 });
  expect(toStatistics(said, parents, null)).toBeNull();
  expect(toStatistics(usualMeasure, parents, { ofBase: true })).toBeNull();
});
