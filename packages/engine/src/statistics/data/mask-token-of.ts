import { join } from "node:path";
import { exists, readJson } from "../../runtime/checkpoint-tensors.ts";
import type { TextTokenizer } from "../../runtime/index.ts";

/** Id of the mask token that a folder's `tokenizer_config.json` names, else of BERT's or RoBERTa's. @throws Error where there is none */
export async function maskTokenOf(folder: string, tokenizer: TextTokenizer): Promise<number> {
  const file = join(folder, "tokenizer_config.json");
  const settings: unknown = (await exists(file)) ? await readJson(file) : {};
  const named = typeof settings === "object" && settings !== null && "mask_token" in settings ? settings.mask_token : undefined;
  const token = typeof named === "object" && named !== null && "content" in named ? named.content : named;
  if (typeof token === "string") return tokenizer.idOf(token);
  for (const usual of ["[MASK]", "<mask>"]) if (tokenizer.has(usual)) return tokenizer.idOf(usual);
  throw new Error(`${folder}: the tokenizer has no mask token, so texts cannot be asked of a masked-language head.`);
}
