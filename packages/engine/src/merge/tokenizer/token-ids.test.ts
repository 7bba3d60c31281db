import { expect, test } from "vitest";
import { alignEmbeddings } from "./align-embeddings.ts";
import { listed, modelOf, plain } from "./test/tokenizer-samples.ts";
import { changeTokenIds } from "./token-ids.ts";
import { tokenizerPolicy } from "./tokenizer-policy.ts";

const base = listed("base", ["<s>", "</s>", "a"]);
const other = listed("other", ["a", "b", "</s>"]);
const output = (source: string, first = base) =>
  alignEmbeddings([modelOf(first), modelOf(other)], 0, tokenizerPolicy.parse({ source })).vocabulary;
const config = { model_type: "llama", vocab_size: 3, bos_token_id: 0, eos_token_id: [1], pad_token_id: -1, hidden_size: 8 };

test("a union changes the size, and ids of the owner stay", () => {
  const input = { config, vocabulary: base, ownerConfig: config, ownerVocabulary: base, output: output("union"), rows: 64 };
  expect(changeTokenIds(input)).toEqual({ config: { ...config, vocab_size: 64 }, notes: [] });
});

test("ids move when a union closes gaps", () => {
  const gaps = plain("gaps", [
    ["<s>", 1],
    ["</s>", 5],
  ] as const);
  const own = { vocab_size: 6, bos_token_id: 1, eos_token_id: 5 };
  const input = {
    config: own,
    vocabulary: gaps,
    ownerConfig: own,
    ownerVocabulary: gaps,
    output: output("union", gaps),
    rows: 4,
  };
  expect(changeTokenIds(input).config).toEqual({ vocab_size: 4, bos_token_id: 0, eos_token_id: 1 });
});

test("with another model's tokenizer its configuration counts, and what is then nowhere is null with a note", () => {
  const input = {
    config,
    vocabulary: base,
    ownerConfig: { eos_token_id: 2, pad_token_id: 0 },
    ownerVocabulary: other,
    output: output("other"),
    rows: 3,
  };
  const { config: changed, notes } = changeTokenIds(input);
  expect(changed).toEqual({ ...config, bos_token_id: null, eos_token_id: 2, pad_token_id: 0 });
  expect(notes).toEqual(["bos_token_id 0 of base is not in the merged vocabulary and becomes null."]);
});

test("text_config is changed too", () => {
  const nested = { image_token_index: 2, text_config: { vocab_size: 3, eos_token_id: 1 } };
  const input = {
    config: nested,
    vocabulary: base,
    ownerConfig: nested,
    ownerVocabulary: base,
    output: output("union"),
    rows: 4,
  };
  expect(changeTokenIds(input).config).toEqual({ image_token_index: 2, text_config: { vocab_size: 4, eos_token_id: 1 } });
});
