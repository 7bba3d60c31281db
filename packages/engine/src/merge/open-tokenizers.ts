import { createHash } from "node:crypto";
import type { Checkpoint } from "./checkpoint.ts";
import type { HeaderTokenizer } from "./checkpoint-header.ts";
import { readDecidingFiles } from "./tokenizer/read-tokenizer-files.ts";
import { vocabularyOf } from "./tokenizer/read-vocabulary.ts";
import type { TokenizerFile } from "./tokenizer/tokenizer-file.ts";
import type { Vocabulary } from "./tokenizer/vocabulary.ts";

/**
 * Adds what a plan wants to know of tokenizers to the headers of opened models. Equal files are kept and parsed once, and only
 * when the plan asks.
 * @throws RefusedError for a tokenizer file that is too large or no plain file
 */
export async function openTokenizers<Model extends Checkpoint>(models: readonly Model[]): Promise<Model[]> {
  const parsers = new Map<string, (label: string) => Vocabulary>();
  const opened: Model[] = [];
  for (const model of models) {
    const { folder, header } = model;
    const files = await readDecidingFiles(folder, header.label);
    const fingerprint = fingerprintOf(files);
    const parse = parsers.get(fingerprint) ?? parserOf(files);
    parsers.set(fingerprint, parse);
    const tokenizer: HeaderTokenizer = { fingerprint, vocabulary: once(() => parse(header.label)) };
    opened.push({ ...model, header: { ...header, tokenizer: files.length === 0 ? null : tokenizer } });
  }
  return opened;
}

function fingerprintOf(files: readonly TokenizerFile[]): string {
  const hash = createHash("sha256");
  for (const { path, data } of files) hash.update(`${path} ${data.length}\n`).update(data);
  return hash.digest("hex");
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Parses files for the first model that asks; for the others only the name changes. */
function parserOf(files: readonly TokenizerFile[]): (label: string) => Vocabulary {
  let parsed: Vocabulary | null = null;
  return (label) => {
    parsed ??= vocabularyOf(files, label);
    return { ...parsed, label };
  };
}
