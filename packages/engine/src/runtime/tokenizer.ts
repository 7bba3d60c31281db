import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { exists, readJson } from "./checkpoint-tensors.ts";

/** Text to token ids, by a folder's `tokenizer.json` (BERT's normaliser, pre-tokeniser, WordPiece and template). */
export class TextTokenizer {
  readonly #tokenizer: Tokenizer;
  /** One more than the largest id the tokenizer can give. */
  readonly vocabularySize: number;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    let size = 0;
    for (const id of tokenizer.get_vocab(true).values()) size = Math.max(size, id + 1);
    this.vocabularySize = size;
  }

  /** Ids with the special tokens of the template ([CLS] … [SEP]); a text too long loses its end, not its last special token. */
  encode(text: string, maxLength: number): number[] {
    const { ids } = this.#tokenizer.encode(text);
    if (ids.length <= maxLength) return ids;
    return [...ids.slice(0, maxLength - 1), ids.at(-1) ?? 0];
  }

  /** Id of a token as the vocabulary writes it, such as "[MASK]". */
  idOf(token: string): number {
    const id = this.#tokenizer.token_to_id(token);
    if (id === undefined) throw new Error(`The tokenizer has no token "${token}".`);
    return id;
  }
}

export async function loadTokenizer(dir: string): Promise<TextTokenizer> {
  const file = join(dir, "tokenizer.json");
  const settingsFile = join(dir, "tokenizer_config.json");
  const content = await readJson(file);
  const settings = (await exists(settingsFile)) ? await readJson(settingsFile) : {};
  try {
    return new TextTokenizer(new Tokenizer(content as object, settings as object));
  } catch (error) {
    throw new Error(
      `${file} is not a tokenizer this program can use: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}
