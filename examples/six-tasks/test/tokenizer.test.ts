import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadTokenizer } from "@amalgam/engine/runtime";
import { afterAll, expect, test } from "vitest";
import { writeTokenizer } from "../scripts/text/tokenizer-files.ts";
import { trainWordPiece } from "../scripts/text/wordpiece.ts";
import { wordsOf } from "../scripts/text/words.ts";

const folder = mkdtempSync(join(tmpdir(), "six-tasks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const counts = new Map(Object.entries({ low: 50, lower: 20, newest: 60, widest: 30, dignité: 9, "!": 5 }));
const vocabulary = trainWordPiece(counts, 60, 1);

test("frequent words become one piece, special tokens come first", () => {
  expect(vocabulary.slice(0, 5)).toEqual(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]);
  expect(vocabulary).toContain("low");
  expect(vocabulary).toContain("newest");
  expect(new Set(vocabulary).size).toBe(vocabulary.length);
});

test("the library reads the tokenizer: lower case, accents kept, unseen words in pieces, ends marked", async () => {
  writeTokenizer(folder, vocabulary, 16);
  const tokenizer = await loadTokenizer(folder);
  const pieces = (text: string) => tokenizer.encode(text, 16).map((id) => vocabulary[id]);
  expect(pieces("LOW newest!")).toEqual(["[CLS]", "low", "newest", "!", "[SEP]"]);
  expect(pieces("Dignité").join("").replaceAll("##", "")).toBe("[CLS]dignité[SEP]");
  expect(pieces("slowest").length).toBeGreaterThan(3);
  expect(pieces("狗")).toEqual(["[CLS]", "[UNK]", "[SEP]"]);
});

test("words are counted as the library's pre-tokenizer cuts them", () => {
  expect(wordsOf("Isn't it $5.00?\tÀ bientôt")).toEqual(["isn", "'", "t", "it", "$", "5", ".", "00", "?", "à", "bientôt"]);
});
