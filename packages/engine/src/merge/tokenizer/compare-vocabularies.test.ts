import { expect, test } from "vitest";
import { compareVocabularies } from "./compare-vocabularies.ts";
import { bpeSample, listed, read } from "./test/tokenizer-samples.ts";

const words = ["abc", "bca"];

test("a tokenizer is the same as itself in another formatting", () => {
  const sample = bpeSample(words, ["<s>"]);
  expect(compareVocabularies(read(sample, "a"), read(JSON.stringify(sample, null, 2), "b"))).toEqual({
    verdict: "same",
    messages: [],
  });
});

test("another order of merges leaves the tokens the same, and is located", () => {
  const changed = bpeSample(words);
  (changed.model["merges"] as string[]).reverse();
  const { verdict, messages } = compareVocabularies(read(bpeSample(words), "a"), read(changed, "b"));
  expect(verdict).toBe("same_tokens");
  expect(messages).toEqual([expect.stringContaining("Merges differ from rank 0 on")]);
});

test("other special tokens and another normaliser leave the tokens the same, and are named", () => {
  const changed = bpeSample(words, ["<s>"]);
  changed.added_tokens = [];
  changed.normalizer = { type: "NFC" };
  const { verdict, messages } = compareVocabularies(read(bpeSample(words, ["<s>"]), "a"), read(changed, "b"));
  expect(verdict).toBe("same_tokens");
  expect(messages).toEqual(['1 special token only in a: "<s>".', "The normalizer of a and b differ."]);
});

test("different tokens are counted, with five examples", () => {
  const { verdict, messages } = compareVocabularies(
    listed("a", ["x", "y", "z"]),
    listed("b", ["y", "x", "1", "2", "3", "4", "5", "6"]),
  );
  expect(verdict).toBe("different");
  expect(messages).toEqual([
    '1 token only in a: "z".',
    '6 tokens only in b: "1", "2", "3", "4", "5" and 1 more.',
    '2 tokens with another id: "x", "y"; "x" is 0 in a and 1 in b.',
  ]);
});
