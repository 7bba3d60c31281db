import type { Fields } from "../record.ts";
import { chatTemplateOf } from "./chat-template.ts";
import { type MergedTokens, mergeTokens } from "./merge-tokens.ts";
import type { OutputVocabulary } from "./output-vocabulary.ts";
import { fileFields, sentencePieceNames, type TokenizerFile } from "./tokenizer-file.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { addedTokenFields, writeTokenizerJson } from "./write-tokenizer-json.ts";

export interface TokenizerMerge {
  /** Of all models, in the order of the merge */
  readonly vocabularies: readonly Vocabulary[];
  readonly output: OutputVocabulary;
  /** The owner's, as `readTokenizerFiles` gives them */
  readonly files: readonly TokenizerFile[];
  /** As `chooseChatTemplate` gives it; null: the owner's */
  readonly chatTemplate: string | null;
}

export interface MergedTokenizer {
  readonly files: readonly TokenizerFile[];
  /** What a user should know, each a sentence */
  readonly notes: readonly string[];
}

/**
 * The tokenizer files of a merge: the owner's bytes while nothing is added; else its tokenizer.json with the tokens, added tokens and
 * merges of all, its tokenizer_config.json and its other files brought in line. Files that cannot hold the result are left out.
 */
export function mergeTokenizerFiles(merge: TokenizerMerge): MergedTokenizer {
  const { vocabularies, output, files, chatTemplate } = merge;
  const label = vocabularies[output.owner]?.label ?? "";
  const merged = mergeTokens(vocabularies, output);
  const written = merged.isOwners ? { files, notes: [] } : rewrite(merge, merged, label);
  return {
    files: withChatTemplate(written.files, chatTemplate, label).sort((a, b) => (a.path < b.path ? -1 : 1)),
    notes: [...merged.notes, ...written.notes],
  };
}

const encoder = new TextEncoder();
const textFile = (path: string, text: string): TokenizerFile => ({ path, data: encoder.encode(text) });
const jsonFile = (path: string, value: Fields): TokenizerFile => textFile(path, `${JSON.stringify(value, null, 2)}\n`);

function rewrite({ vocabularies, output, files }: TokenizerMerge, merged: MergedTokens, label: string): MergedTokenizer {
  const written: TokenizerFile[] = [textFile("tokenizer.json", writeTokenizerJson(vocabularies, output, merged))];
  const dropped: string[] = [];
  for (const file of files) {
    if (file.path === "tokenizer.json") continue;
    const change = changed(file, { output, merged, config: fileFields(files, "tokenizer_config.json", label) });
    if (change === null) dropped.push(file.path);
    else written.push(change);
  }
  const why = "tokenizer.json holds the merged tokenizer";
  const notes = dropped.map((path) => `${path} of ${label} is left out: it cannot hold the merged vocabulary; ${why}.`);
  return { files: written, notes };
}

interface Change {
  readonly output: OutputVocabulary;
  readonly merged: MergedTokens;
  /** tokenizer_config.json of the owner */
  readonly config: Fields | null;
}

/** A file of the owner, brought in line with the merged tokenizer; null when it cannot be. */
function changed(file: TokenizerFile, { output, merged, config }: Change): TokenizerFile | null {
  const { path } = file;
  if (path === "tokenizer_config.json") return jsonFile(path, changedConfig(config ?? {}, merged));
  if (path === "vocab.json") return textFile(path, `${JSON.stringify(Object.fromEntries(output.ids))}\n`);
  if (path === "merges.txt") return mergesText(path, merged);
  if (path === "vocab.txt") return vocabText(path, output);
  if (path === "added_tokens.json")
    return jsonFile(path, Object.fromEntries(merged.added.map(({ content, id }) => [content, id])));
  // In the old form they would contradict tokenizer.json.
  return sentencePieceNames.includes(path) ? null : file;
}

function changedConfig(config: Fields, { added }: MergedTokens): Fields {
  // auto_map points at code of another repository, which must not be fetched on behalf of a merge.
  const { auto_map: _, ...kept } = config;
  return {
    ...kept,
    added_tokens_decoder: Object.fromEntries(added.map(({ id, ...token }) => [String(id), addedTokenFields(token)])),
  };
}

function mergesText(path: string, { merges }: MergedTokens): TokenizerFile | null {
  if (merges.some((merge) => merge.some((part) => /[ \r\n]/.test(part)))) return null;
  return textFile(path, `${["#version: 0.2", ...merges.map((merge) => merge.join(" "))].join("\n")}\n`);
}

function vocabText(path: string, { tokens }: OutputVocabulary): TokenizerFile | null {
  if (tokens.some((token) => token === null || /[\r\n]/.test(token))) return null;
  return textFile(path, `${tokens.join("\n")}\n`);
}

/** Tokenizer files with a chat template in place of their own. @param template null: as they are */
export function withChatTemplate(files: readonly TokenizerFile[], template: string | null, label: string): TokenizerFile[] {
  if (template === null || template === chatTemplateOf(files, label)) return [...files];
  return replaceTemplate(files, template, label);
}

/** Puts a template where the owner keeps its own, else into the file of its own that newer readers look for first. */
function replaceTemplate(files: readonly TokenizerFile[], template: string, label: string): TokenizerFile[] {
  const name = "chat_template.jinja";
  const config = fileFields(files, "tokenizer_config.json", label);
  const isInConfig = config !== null && "chat_template" in config && !files.some(({ path }) => path === name);
  if (!isInConfig) return [...files.filter(({ path }) => path !== name), textFile(name, template)];
  const changedFile = jsonFile("tokenizer_config.json", { ...config, chat_template: template });
  return files.map((file) => (file.path === changedFile.path ? changedFile : file));
}
