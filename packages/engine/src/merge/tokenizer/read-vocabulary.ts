import { refuse } from "../fault.ts";
import { byteLevelTokenizer, type LegacyFiles, saveAdvice, wordPieceTokenizer } from "./legacy-tokenizers.ts";
import { maxTokenId, parseTokenizerJson, type TokenizerJson } from "./parse-tokenizer-json.ts";
import { readTokenizerFiles } from "./read-tokenizer-files.ts";
import { fileFields, sentencePieceNames, type TokenizerFile, textOf } from "./tokenizer-file.ts";
import { toVocabulary, type Vocabulary } from "./vocabulary.ts";

/**
 * Reads the tokenizer of a checkpoint folder: tokenizer.json, else GPT-2's vocab.json and merges.txt, else BERT's vocab.txt.
 * @param label the model, for messages
 * @throws RefusedError for a folder without tokenizer, sentencepiece alone, and broken or hostile files
 */
export async function readVocabulary(folder: string, label: string = folder): Promise<Vocabulary> {
  return vocabularyOf(await readTokenizerFiles(folder, label), label);
}

/** The same of files that were read before. */
export function vocabularyOf(files: readonly TokenizerFile[], label: string): Vocabulary {
  const read = readJson(files, label);
  for (const id of read.tokens.values())
    if (id > maxTokenId) throw refuse("TOKENIZER_INVALID", `${label}: the id ${id} is too large.`);
  return toVocabulary({ ...read, label, files: files.map(({ path }) => path) });
}

function readJson(files: readonly TokenizerFile[], label: string): TokenizerJson {
  const json = textOf(files, "tokenizer.json", label);
  if (json !== null) return parseTokenizerJson(json, `${label}: tokenizer.json`);
  const legacy: LegacyFiles = {
    label,
    settings: fileFields(files, "tokenizer_config.json", label) ?? {},
    addedIds: fileFields(files, "added_tokens.json", label) ?? {},
  };
  const vocabJson = textOf(files, "vocab.json", label);
  const merges = textOf(files, "merges.txt", label);
  if (vocabJson !== null && merges !== null) return byteLevelTokenizer(vocabJson, merges, legacy);
  const vocabText = textOf(files, "vocab.txt", label);
  if (vocabText !== null) return wordPieceTokenizer(vocabText, legacy);
  const piece = files.find(({ path }) => sentencePieceNames.includes(path));
  if (piece !== undefined)
    throw refuse("TOKENIZER_UNSUPPORTED", `${label}: ${piece.path} (sentencepiece) alone cannot be read; ${saveAdvice}.`);
  throw refuse("TOKENIZER_MISSING", `${label} has no tokenizer.json, vocab.json with merges.txt, or vocab.txt; ${saveAdvice}.`);
}
