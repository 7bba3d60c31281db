import { quote } from "../../formats/json-scanner.ts";
import { refuse } from "../fault.ts";
import { type Fields, isFields } from "../record.ts";
import { invalidTokenizer, joinTokens, maxTokens, readTokens, type TokenizerJson } from "./parse-tokenizer-json.ts";
import { scanJson } from "./strict-json.ts";
import type { AddedToken, Merge } from "./vocabulary.ts";

/** Files of a folder without tokenizer.json. */
export interface LegacyFiles {
  /** The model, for messages */
  readonly label: string;
  /** tokenizer_config.json; empty when there is none */
  readonly settings: Fields;
  /** added_tokens.json; empty when there is none */
  readonly addedIds: Fields;
}

const gptClasses = /^(GPT2|Roberta|Bart)Tokenizer(Fast)?$/;
const bertClasses = /^(Bert|DistilBert|Electra)Tokenizer(Fast)?$/;

/**
 * vocab.json and merges.txt as GPT-2, RoBERTa and BART use them, in the form of tokenizer.json.
 * @throws RefusedError for a tokenizer class whose rules are not known here, or broken files
 */
export function byteLevelTokenizer(vocab: string, merges: string, files: LegacyFiles): TokenizerJson {
  const { label, settings } = files;
  const className = checkClass(settings, gptClasses, label);
  const where = `${label}: vocab.json`;
  const model = scanJson(vocab, where, (scanner) => readTokens(scanner, where));
  const isRoberta = className === undefined ? model.has("<mask>") : !className.startsWith("GPT2");
  const specials = specialTokens(settings, isRoberta ? robertaSpecials : { eos_token: "<|endoftext|>" });
  const added = addedTokens(model, specials, files);
  const tokens = joinTokens(model, added, label);
  const prefix = settings["add_prefix_space"] === true;
  const pair = (name: string) => [specials[name] ?? "", tokens.get(specials[name] ?? "") ?? 0];
  const byteLevel = { type: "ByteLevel", add_prefix_space: prefix, trim_offsets: true, use_regex: true };
  const roberta = { type: "RobertaProcessing", sep: pair("sep_token"), cls: pair("cls_token"), trim_offsets: true };
  const processor = isRoberta ? { ...roberta, add_prefix_space: prefix } : { ...byteLevel, trim_offsets: false };
  return {
    tokens,
    added,
    model: { type: "BPE", merges: readMergesText(merges, label), mergesArePairs: false, scores: new Map(), fields: bpeFields },
    pipeline: { version: "1.0", normalizer: null, pre_tokenizer: byteLevel, post_processor: processor, decoder: byteLevel },
  };
}

const bpeFields: Fields = {
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: "",
  end_of_word_suffix: "",
  fuse_unk: false,
};
const robertaSpecials = {
  bos_token: "<s>",
  eos_token: "</s>",
  sep_token: "</s>",
  cls_token: "<s>",
  unk_token: "<unk>",
  pad_token: "<pad>",
  mask_token: "<mask>",
};

/**
 * vocab.txt as BERT uses it, in the form of tokenizer.json.
 * @throws RefusedError for a tokenizer class whose rules are not known here, or broken files
 */
export function wordPieceTokenizer(vocab: string, files: LegacyFiles): TokenizerJson {
  const { label, settings } = files;
  checkClass(settings, bertClasses, label);
  const where = `${label}: vocab.txt`;
  const model = new Map<string, number>();
  for (const token of linesOf(vocab.replace(/\r?\n$/, ""), where)) {
    if (model.has(token)) throw invalidTokenizer(where, `the token ${quote(token)} is on two lines.`);
    model.set(token, model.size);
  }
  const specials = specialTokens(settings, bertSpecials);
  const added = addedTokens(model, specials, files);
  const tokens = joinTokens(model, added, label);
  const lowercase = settings["do_lower_case"] !== false;
  return {
    tokens,
    added,
    model: {
      type: "WordPiece",
      merges: [],
      mergesArePairs: false,
      scores: new Map(),
      fields: { unk_token: specials["unk_token"], continuing_subword_prefix: "##", max_input_chars_per_word: 100 },
    },
    pipeline: {
      version: "1.0",
      normalizer: {
        type: "BertNormalizer",
        clean_text: true,
        handle_chinese_chars: settings["tokenize_chinese_chars"] !== false,
        strip_accents: settings["strip_accents"] ?? null,
        lowercase,
      },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: bertTemplate(specials["cls_token"] ?? "", specials["sep_token"] ?? "", tokens),
      decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    },
  };
}

const bertSpecials = {
  pad_token: "[PAD]",
  unk_token: "[UNK]",
  cls_token: "[CLS]",
  sep_token: "[SEP]",
  mask_token: "[MASK]",
};

function bertTemplate(cls: string, sep: string, tokens: ReadonlyMap<string, number>): Fields {
  const special = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const entry = (token: string) => [token, { id: token, ids: [tokens.get(token) ?? 0], tokens: [token] }];
  const single = [special(cls, 0), sequence("A", 0), special(sep, 0)];
  return {
    type: "TemplateProcessing",
    single,
    pair: [...single, sequence("B", 1), special(sep, 1)],
    special_tokens: Object.fromEntries([entry(cls), entry(sep)]),
  };
}

/** Lines of a file; counted first, because splitting takes many times the memory of the text. */
function linesOf(text: string, where: string): string[] {
  let count = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  if (count > maxTokens) throw invalidTokenizer(where, `it has ${count} lines, more than ${maxTokens}.`);
  return text.split(/\r?\n/);
}

function checkClass(settings: Fields, known: RegExp, label: string): string | undefined {
  const name = settings["tokenizer_class"];
  if (name === undefined || name === null) return undefined;
  if (typeof name === "string" && known.test(name)) return name;
  throw refuse(
    "TOKENIZER_UNSUPPORTED",
    `${label}: without tokenizer.json the rules of ${quote(String(name))} are not known; ${saveAdvice}.`,
  );
}

/** How to get a tokenizer.json. */
export const saveAdvice =
  "save a tokenizer.json beside it, e.g. in Python with AutoTokenizer.from_pretrained(folder).save_pretrained(folder)";

/** Names of special tokens to their contents: those of tokenizer_config.json, else the family's. */
function specialTokens(settings: Fields, family: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(family).map(([name, usual]) => {
    const given = settings[name];
    const content = isFields(given) ? given["content"] : given;
    return [name, typeof content === "string" ? content : usual];
  });
  return Object.fromEntries(entries);
}

function addedTokens(
  model: ReadonlyMap<string, number>,
  specials: Readonly<Record<string, string>>,
  { label, addedIds }: LegacyFiles,
): AddedToken[] {
  const flags = { singleWord: false, lstrip: false, rstrip: false, normalized: false };
  const ids = new Map<string, number>();
  for (const [token, id] of Object.entries(addedIds)) {
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0)
      throw invalidTokenizer(`${label}: added_tokens.json`, `the id of the token ${quote(token)} is not a whole number.`);
    ids.set(token, id);
  }
  const special = new Set(Object.values(specials));
  for (const token of special) {
    const id = model.get(token);
    if (id !== undefined) ids.set(token, id);
  }
  const list = [...ids].map(([content, id]) => ({ id, content, ...flags, special: special.has(content) }));
  // A mask stands for the word before which the space is, so it takes the space.
  const mask = specials["mask_token"];
  return list
    .map((token) => (token.content === mask && mask === "<mask>" ? { ...token, lstrip: true } : token))
    .sort((a, b) => a.id - b.id);
}

function readMergesText(text: string, label: string): Merge[] {
  const lines = linesOf(text, `${label}: merges.txt`).filter(
    (line, i) => line !== "" && !(i === 0 && line.startsWith("#version")),
  );
  return lines.map((line, i): Merge => {
    const [left, right, ...more] = line.split(" ");
    if (left === undefined || left === "" || right === undefined || right === "" || more.length > 0)
      throw invalidTokenizer(`${label}: merges.txt`, `merge ${i} is not a pair of tokens.`);
    return [left, right];
  });
}
