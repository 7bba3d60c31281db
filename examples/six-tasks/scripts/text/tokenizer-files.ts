import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { specialTokens } from "./wordpiece.ts";

/** tokenizer.json, tokenizer_config.json and vocab.txt as Hugging Face's BertTokenizerFast writes them. */
export function writeTokenizer(folder: string, vocabulary: readonly string[], maxLength: number): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "tokenizer.json"), `${JSON.stringify(tokenizerJson(vocabulary, maxLength), null, 1)}\n`);
  writeFileSync(join(folder, "tokenizer_config.json"), `${JSON.stringify(tokenizerConfig(maxLength), null, 2)}\n`);
  writeFileSync(join(folder, "vocab.txt"), vocabulary.map((token) => `${token}\n`).join(""));
}

function tokenizerConfig(maxLength: number) {
  return {
    tokenizer_class: "BertTokenizer",
    do_lower_case: true,
    strip_accents: false,
    tokenize_chinese_chars: true,
    model_max_length: maxLength,
    pad_token: "[PAD]",
    unk_token: "[UNK]",
    cls_token: "[CLS]",
    sep_token: "[SEP]",
    mask_token: "[MASK]",
  };
}

function tokenizerJson(vocabulary: readonly string[], maxLength: number) {
  const idOf = new Map(vocabulary.map((token, id) => [token, id]));
  const special = (token: string) => ({ [token]: { id: token, ids: [idOf.get(token)], tokens: [token] } });
  const token = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const sequence = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  return {
    version: "1.0",
    truncation: { direction: "Right", max_length: maxLength, strategy: "LongestFirst", stride: 0 },
    padding: null,
    added_tokens: specialTokens.map((content) => ({
      id: idOf.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: false, lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [token("[CLS]", 0), sequence("A", 0), token("[SEP]", 0)],
      pair: [token("[CLS]", 0), sequence("A", 0), token("[SEP]", 0), sequence("B", 1), token("[SEP]", 1)],
      special_tokens: { ...special("[CLS]"), ...special("[SEP]") },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(idOf),
    },
  };
}
