import { expect, test } from "vitest";
import { SeenTexts } from "../scripts/data/near-duplicates.ts";

const seen = new SeenTexts();
seen.add("The quick brown fox jumps over the lazy dog near the river bank.");

test("a copy is found whatever its case and punctuation", () => {
  expect(seen.judge("the QUICK brown fox — jumps over the lazy dog, near the river bank")).toBe("exact");
});

test("a text that shares half of its runs of four words with one seen text is a near-duplicate", () => {
  expect(seen.judge("brown fox jumps over the lazy dog near a wall")).toBe("near");
});

test("sharing a phrase is not enough", () => {
  expect(seen.judge("over the lazy dog he stepped and went home to his wife and his books")).toBe("new");
});

test("halves from two different texts do not add up", () => {
  const two = new SeenTexts();
  two.add("one two three four five six seven");
  two.add("eight nine ten eleven twelve thirteen fourteen");
  expect(two.judge("two three four five six x y z nine ten eleven twelve thirteen")).toBe("new");
});

test("a text shorter than four words is compared whole", () => {
  const short = new SeenTexts();
  short.add("Merry Christmas");
  expect(short.judge("merry christmas!")).toBe("exact");
  expect(short.judge("merry company")).toBe("new");
});
