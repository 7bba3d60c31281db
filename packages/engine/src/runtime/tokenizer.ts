import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { exists, readJson } from "./checkpoint-tensors.ts";
import { usePrecompiledTable } from "./tokenizer-normalizer.ts";

/** Few tokens are longer than this: what lies further away than a sequence can reach is not looked at. */
const CHARACTERS_PER_TOKEN = 32;
const SHORTEST_REACH = 4096;

export interface FittedText {
  readonly ids: number[];
  /** Whether the end of the text was lost. */
  readonly isCut: boolean;
}

/**
 * Text to token ids and back, by a folder's `tokenizer.json`: WordPiece (BERT), byte-level BPE (GPT-2, RoBERTa, Llama 3, Qwen2),
 * SentencePiece's BPE with byte fallback (Llama) and Unigram (T5).
 */
export class TextTokenizer {
  readonly #tokenizer: Tokenizer;
  /** One more than the largest id the tokenizer can give. */
  readonly vocabularySize: number;
  /** Special tokens that the template puts before a text, such as [CLS] or <s>. */
  readonly before: readonly number[];
  /** Special tokens that it puts after a text, such as [SEP] or </s>. */
  readonly after: readonly number[];
  /** Id of the padding token, where the settings name one. */
  readonly paddingId: number | null;

  /** `paddingToken` as the vocabulary writes it. */
  constructor(tokenizer: Tokenizer, { paddingToken }: { paddingToken?: string } = {}) {
    this.#tokenizer = tokenizer;
    let size = 0;
    for (const id of tokenizer.get_vocab(true).values()) size = Math.max(size, id + 1);
    this.vocabularySize = size;
    const { before, after } = this.#template();
    this.before = before;
    this.after = after;
    this.paddingId = paddingToken === undefined ? null : this.idOf(paddingToken);
  }

  /** Ids with the special tokens of the template ([CLS] … [SEP]); a text too long loses its end, not the template's. */
  encode(text: string, maxLength: number): number[] {
    return this.fit(text, maxLength).ids;
  }

  /** The same, and whether it was cut. Of a text much too long, only as much is tokenised as can matter. */
  fit(text: string, maxLength: number): FittedText {
    const room = maxLength - this.before.length - this.after.length;
    if (room < 0) throw new RangeError(`A sequence of ${maxLength} tokens has no room for the special tokens of the tokenizer.`);
    const reach = Math.max(SHORTEST_REACH, room * CHARACTERS_PER_TOKEN);
    let plain = this.encodePlain(text.slice(0, reach));
    if (plain.length <= room && text.length > reach) plain = this.encodePlain(text);
    return { ids: [...this.before, ...plain.slice(0, room), ...this.after], isCut: plain.length > room };
  }

  /** Ids of the text alone, without the template's special tokens. */
  encodePlain(text: string): number[] {
    return text === "" ? [] : known(this.#tokenizer.encode(text, { add_special_tokens: false }).ids);
  }

  /** The text of ids, special tokens left out. */
  decode(ids: readonly number[]): string {
    if (ids.length === 0) return "";
    return this.#tokenizer.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  /** Whether the vocabulary has a token written so. */
  has(token: string): boolean {
    return this.#tokenizer.token_to_id(token) !== undefined;
  }

  /** Id of a token as the vocabulary writes it, such as "[MASK]". */
  idOf(token: string): number {
    const id = this.#tokenizer.token_to_id(token);
    if (id === undefined) throw new Error(`The tokenizer has no token "${token}".`);
    return id;
  }

  /** What the template writes around a text shows which of its special tokens stand on either side. */
  #template(): { before: number[]; after: number[] } {
    const probes = ["a", "the", "0", "."];
    for (const probe of probes) {
      const plain = this.encodePlain(probe);
      const whole = known(this.#tokenizer.encode(probe).ids);
      const at = whole.findIndex((_, index) => plain.length > 0 && plain.every((id, offset) => whole[index + offset] === id));
      if (at >= 0) return { before: whole.slice(0, at), after: whole.slice(at + plain.length) };
    }
    throw new Error(`it makes no token of ${probes.map((probe) => `"${probe}"`).join(", ")}`);
  }
}

/** A character that a vocabulary without an unknown token lacks has no id: it is left out, as the original tokenizers do. */
const known = (ids: readonly (number | undefined)[]): number[] => ids.filter((id) => id !== undefined);

export async function loadTokenizer(dir: string): Promise<TextTokenizer> {
  const file = join(dir, "tokenizer.json");
  const settingsFile = join(dir, "tokenizer_config.json");
  const content = await readJson(file);
  const settings = (await exists(settingsFile)) ? await readJson(settingsFile) : {};
  const paddingToken = paddingTokenOf(settings);
  try {
    const tokenizer = new Tokenizer(content as object, settings as object);
    usePrecompiledTable(tokenizer, (content as { normalizer?: unknown }).normalizer);
    return new TextTokenizer(tokenizer, paddingToken === undefined ? {} : { paddingToken });
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\.$/, "");
    throw new Error(`${file} is not a tokenizer this program can use: ${reason}.`);
  }
}

/** Written as the token itself, or as an object that describes it. */
function paddingTokenOf(settings: unknown): string | undefined {
  const named = typeof settings === "object" && settings !== null && "pad_token" in settings ? settings.pad_token : undefined;
  const token = typeof named === "object" && named !== null && "content" in named ? named.content : named;
  return typeof token === "string" ? token : undefined;
}
