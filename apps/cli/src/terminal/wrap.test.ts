import { expect, test } from "vitest";
import { columnsOf, wrap, wrapRow } from "./wrap.ts";

test("text is broken at spaces, and a word that is too long keeps its line", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("a incomprehensibilities b", 5)).toEqual(["a", "incomprehensibilities", "b"]);
  expect(wrap("", 5)).toEqual([""]);
});

test("the last cell of a row is wrapped under itself", () => {
  expect(wrapRow(["ab", "x", "the quick brown fox jumps over"], [4, 1], 30)).toEqual([
    "ab    x  the quick brown fox",
    "         jumps over",
  ]);
});

test("the terminal tells its width, else COLUMNS, and a pipe has none", () => {
  expect(columnsOf({ columns: 100 }, { COLUMNS: "80" })).toBe(100);
  expect(columnsOf({}, { COLUMNS: "80" })).toBe(80);
  expect(columnsOf({}, {})).toBe(Number.POSITIVE_INFINITY);
  expect(columnsOf({}, { COLUMNS: "wide" })).toBe(Number.POSITIVE_INFINITY);
});
