import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readVocabulary, vocabularyOf } from "./read-vocabulary.ts";
import { bpeSample, fileOf, read, unigramSample, wordPieceSample } from "./test/tokenizer-samples.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "amalgam-tokenizer-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function folderWith(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
  return path;
}

describe("what is read", () => {
  test("a BERT of the examples has equal digests from tokenizer.json and from vocab.txt", async () => {
    const path = fileURLToPath(new URL("../../../../../examples/six-tasks/fixtures/base/", import.meta.url));
    const vocabulary = await readVocabulary(path, "base");
    expect(vocabulary.tokens.get("[CLS]")).toBe(2);
    expect([...vocabulary.special]).toEqual(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]);
    expect(vocabulary.model.type).toBe("WordPiece");
    const legacy = await folderWith("bert", {
      "vocab.txt": await readFile(join(path, "vocab.txt"), "utf8"),
      "tokenizer_config.json": await readFile(join(path, "tokenizer_config.json"), "utf8"),
    });
    const fromText = await readVocabulary(legacy, "legacy");
    expect(fromText.tokens).toEqual(vocabulary.tokens);
    expect(fromText.digest).toBe(vocabulary.digest);
  });

  test("merges as text and as pairs, and white space, make no difference to the digest", () => {
    const text = bpeSample(["abc"], ["<s>"]);
    const merges = (text.model["merges"] as string[]).map((merge) => merge.split(" "));
    const pairs = { ...text, model: { merges, ...text.model, ignore_merges: false } };
    pairs.model.merges = merges;
    expect(read(JSON.stringify(pairs, null, 3)).digest).toBe(read(text).digest);
  });

  test.each([
    ["another merge order", (s: ReturnType<typeof bpeSample>) => (s.model["merges"] as string[]).reverse()],
    ["another normaliser", (s: ReturnType<typeof bpeSample>) => Object.assign(s, { normalizer: { type: "NFC" } })],
    [
      "another flag of an added token",
      (s: ReturnType<typeof bpeSample>) => Object.assign(s.added_tokens[0] ?? {}, { lstrip: true }),
    ],
    ["a setting of the model", (s: ReturnType<typeof bpeSample>) => Object.assign(s.model, { byte_fallback: true })],
  ])("%s changes the digest", (_, change) => {
    const changed = bpeSample(["abc"], ["<s>"]);
    change(changed);
    expect(read(changed).digest).not.toBe(read(bpeSample(["abc"], ["<s>"])).digest);
  });

  test("GPT-2's two files are read as byte-level BPE", async () => {
    const path = await folderWith("gpt2", {
      "vocab.json": '{"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3}',
      "merges.txt": "#version: 0.2\na b\n",
    });
    const vocabulary = await readVocabulary(path, "gpt2");
    expect(vocabulary.model.merges).toEqual([["a", "b"]]);
    expect([...vocabulary.special]).toEqual(["<|endoftext|>"]);
    expect(vocabulary.files).toEqual(["vocab.json", "merges.txt"]);
  });

  test("__proto__ may be a token, and ids may have gaps", () => {
    const sample = wordPieceSample(["a"]);
    const text = JSON.stringify(sample).replace('"a":1', '"__proto__":1,"a":7');
    const vocabulary = read(text);
    expect(vocabulary.tokens.get("__proto__")).toBe(1);
    expect(vocabulary.size).toBe(8);
  });
});

describe("what is refused, naming model and file", () => {
  const withVocab = (vocab: string) => JSON.stringify(wordPieceSample(["a"])).replace(/"vocab":\{[^}]*\}/, `"vocab":${vocab}`);

  test.each([
    ["a duplicate id", withVocab('{"a":0,"b":0}'), 'the tokens "a" and "b" have the same id 0'],
    ["a duplicate token", withVocab('{"a":0,"a":1}'), 'The key "a" appears twice'],
    ["a negative id", withVocab('{"a":-1}'), 'the token "a" has the id -1'],
    ["a huge id", withVocab('{"a":4000000000}'), "has the id 4000000000"],
    ["a broken id", withVocab('{"a":1.5}'), "has the id 1.5"],
    ["an id that is no number", withVocab('{"__proto__":{"polluted":1}}'), 'the id of the token "__proto__" is not a number'],
    [
      "a setting called __proto__",
      JSON.stringify(wordPieceSample(["a"])).replace('"version"', '"__proto__"'),
      "the key __proto__",
    ],
    [
      "tokens that are no strings",
      { ...unigramSample(["a"]), model: { type: "Unigram", vocab: [[5, 0.5]] } },
      "piece 0 of the vocabulary",
    ],
    [
      "a score that is no number",
      { ...unigramSample(["a"]), model: { type: "Unigram", vocab: [["a", "x"]] } },
      "piece 0 of the vocabulary",
    ],
    [
      "an added token that has another id",
      { ...wordPieceSample(["a"]), added_tokens: [{ id: 9, content: "a" }] },
      "has the id 9, but 1",
    ],
    [
      "an added token with the id of another",
      { ...wordPieceSample(["a"]), added_tokens: [{ id: 1, content: "x" }] },
      "same id 1",
    ],
    [
      "an added token without id",
      { ...wordPieceSample(["a"]), added_tokens: [{ content: "x" }] },
      "added token 0 has no content and id",
    ],
    [
      "a merge of three",
      { ...bpeSample(["ab"]), model: { type: "BPE", vocab: { a: 0 }, merges: ["a b c"] } },
      "merge 0 is not a pair",
    ],
    [
      "an unknown type",
      { ...bpeSample(["ab"]), model: { type: "Neural", vocab: {} } },
      'models of type "Neural" are not supported',
    ],
    ["a model without vocabulary", { ...bpeSample(["ab"]), model: { type: "BPE" } }, "no model with a vocabulary"],
    ["deep nesting", `{"normalizer":${"[".repeat(100)}`, "deeper than 64"],
    ["a flood of values", `{"normalizer":[${"[],".repeat(500_001)}0]}`, "more than 500000 values"],
    ["broken JSON", '{"model": ', "The file is not valid JSON"],
  ])("%s", (_, value, message) => {
    expect(() => read(value, "acme/x")).toThrow(`acme/x: tokenizer.json: `);
    expect(() => read(value, "acme/x")).toThrow(message);
  });

  test("text that is not UTF-8", () => {
    expect(() => vocabularyOf([{ path: "vocab.txt", data: Uint8Array.of(0xff, 0xfe) }], "x")).toThrow("vocab.txt is not UTF-8");
  });

  test("a file above the limit, before it is read", async () => {
    const path = await folderWith("large", { "tokenizer.json": "" });
    await truncate(join(path, "tokenizer.json"), 200_000_001);
    await expect(readVocabulary(path, "x")).rejects.toThrow("x: tokenizer.json has 200000001 bytes");
  });

  test("a folder in place of a file", async () => {
    const path = await folderWith("odd", {});
    await mkdir(join(path, "tokenizer.json"));
    await expect(readVocabulary(path, "x")).rejects.toThrow("x: tokenizer.json is not a readable file");
  });

  test("sentencepiece alone, with advice, and nothing at all", async () => {
    const path = await folderWith("piece", { "tokenizer.model": "x" });
    await expect(readVocabulary(path, "x")).rejects.toThrow(/x: tokenizer\.model \(sentencepiece\) alone.*save_pretrained/);
    await expect(readVocabulary(await folderWith("none", {}), "y")).rejects.toThrow("y has no tokenizer.json");
  });

  test("a class whose rules are not known without tokenizer.json", () => {
    const files = [
      fileOf("vocab.json", { a: 0 }),
      fileOf("merges.txt", ""),
      fileOf("tokenizer_config.json", { tokenizer_class: "CLIPTokenizer" }),
    ];
    expect(() => vocabularyOf(files, "clip")).toThrow('clip: without tokenizer.json the rules of "CLIPTokenizer" are not known');
  });

  test("a line of vocab.txt that is there twice", () => {
    expect(() => vocabularyOf([fileOf("vocab.txt", "a\nb\na\n")], "x")).toThrow('x: vocab.txt: the token "a" is on two lines');
  });
});
