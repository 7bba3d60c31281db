import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadTokenizer, type TextTokenizer } from "./tokenizer.ts";

const words = [
  "[PAD]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  "un",
  "##aff",
  "##able",
  "want",
  "##ed",
  "cafe",
  ",",
  "!",
  "中",
  "国",
  "don",
  "'",
  "t",
];
const content = {
  version: "1.0",
  truncation: null,
  padding: null,
  added_tokens: words.slice(0, 5).map((token, id) => ({
    id,
    content: token,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "[CLS]", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "[SEP]", type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      "[CLS]": { id: "[CLS]", ids: [2], tokens: ["[CLS]"] },
      "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] },
    },
  },
  decoder: { type: "WordPiece", prefix: "##", cleanup: true },
  model: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
  },
};

let dir = "";
let tokenizer: TextTokenizer;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tokenizer-"));
  await writeFile(join(dir, "tokenizer.json"), JSON.stringify(content));
  tokenizer = await loadTokenizer(dir);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const tokens = (text: string, limit = 64) => tokenizer.encode(text, limit).map((id) => words[id]);

describe("WordPiece as BERT has it", () => {
  test.each([
    ["unaffable", ["un", "##aff", "##able"]],
    ["Wanted,WANTED!", ["want", "##ed", ",", "want", "##ed", "!"]],
    ["  Café\u0000\u00a0cafe\u0301 ", ["cafe", "cafe"]],
    ["want中国", ["want", "中", "国"]],
    ["don't", ["don", "'", "t"]],
    ["unwanted wantx", ["[UNK]", "[UNK]"]],
    ["a[MASK]want", ["[UNK]", "[MASK]", "want"]],
    ["", []],
  ])("%j", (text, wanted) => {
    expect(tokens(text)).toEqual(["[CLS]", ...wanted, "[SEP]"]);
  });

  test("a text too long loses its end and keeps [SEP]", () => {
    expect(tokens("want want want want", 4)).toEqual(["[CLS]", "want", "want", "[SEP]"]);
  });

  test("a word of more than 100 characters is unknown", () => {
    expect(tokens("un".repeat(60))).toEqual(["[CLS]", "[UNK]", "[SEP]"]);
  });
});

test("ids of tokens, and the size of the vocabulary", () => {
  expect(tokenizer.idOf("[MASK]")).toBe(4);
  expect(tokenizer.vocabularySize).toBe(words.length);
  expect(() => tokenizer.idOf("nothing")).toThrow('The tokenizer has no token "nothing".');
});

test("a file that is missing, not JSON or no tokenizer is named", async () => {
  const other = await mkdtemp(join(tmpdir(), "tokenizer-"));
  const file = join(other, "tokenizer.json");
  await expect(loadTokenizer(other)).rejects.toThrow(`${file} is missing`);
  await writeFile(file, "{,");
  await expect(loadTokenizer(other)).rejects.toThrow(`${file} is not JSON`);
  await writeFile(file, "{}");
  await expect(loadTokenizer(other)).rejects.toThrow(`${file} is not a tokenizer this program can use`);
  await rm(other, { recursive: true });
});
