import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { exists, readJson } from "../../runtime/checkpoint-tensors.ts";

/** What scoring and writing text need of a folder's tokenizer. */
export interface LanguageTokenizer {
  /** Ids of a text alone, without the template's special tokens. */
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
  /** Special tokens that the template puts before a text, such as <s>, and after it, such as </s>. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Tokens that end a text, by `generation_config.json`, `config.json` or the tokenizer's settings. */
  readonly ends: ReadonlySet<number>;
}

export async function loadLanguageTokenizer(folder: string): Promise<LanguageTokenizer> {
  const file = join(folder, "tokenizer.json");
  const [content, settings] = [await readJson(file), await readOptional(join(folder, "tokenizer_config.json"))];
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(content as object, settings);
  } catch (error) {
    throw new Error(
      `${file} is not a tokenizer this program can use: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  const encode = (text: string): number[] => (text === "" ? [] : tokenizer.encode(text, { add_special_tokens: false }).ids);
  return {
    encode,
    decode: (ids) => (ids.length === 0 ? "" : tokenizer.decode([...ids], { skip_special_tokens: true })),
    ...templateOf(tokenizer, encode("a")),
    ends: await endsOf(folder, tokenizer, settings),
  };
}

/** The template written around a short text shows what it puts on either side. */
function templateOf(tokenizer: Tokenizer, plain: readonly number[]): Pick<LanguageTokenizer, "before" | "after"> {
  const ids: readonly number[] = tokenizer.encode("a").ids;
  const at = ids.findIndex((_, index) => plain.length > 0 && plain.every((id, offset) => ids[index + offset] === id));
  if (at < 0) return { before: [], after: [] };
  return { before: ids.slice(0, at), after: ids.slice(at + plain.length) };
}

async function endsOf(folder: string, tokenizer: Tokenizer, settings: Record<string, unknown>): Promise<Set<number>> {
  for (const name of ["generation_config.json", "config.json"]) {
    const ends = [(await readOptional(join(folder, name)))["eos_token_id"]].flat();
    const ids = ends.filter((id): id is number => typeof id === "number");
    if (ids.length > 0) return new Set(ids);
  }
  const named = settings["eos_token"];
  const token = typeof named === "object" && named !== null && "content" in named ? named.content : named;
  const id = typeof token === "string" ? tokenizer.token_to_id(token) : undefined;
  return new Set(id === undefined ? [] : [id]);
}

async function readOptional(file: string): Promise<Record<string, unknown>> {
  const value = (await exists(file)) ? await readJson(file) : {};
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
