import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { trunkConfig } from "../architectures.ts";
import type { Checkpoint } from "../checkpoint.ts";
import type { Plan } from "../plan.ts";

/** Tokenizer, processor and licence files that a model needs besides its weights. */
const companions = new Set([
  "tokenizer.json",
  "tokenizer_config.json",
  "tokenizer.model",
  "spiece.model",
  "sentencepiece.bpe.model",
  "vocab.txt",
  "vocab.json",
  "merges.txt",
  "special_tokens_map.json",
  "added_tokens.json",
  "chat_template.jinja",
  "generation_config.json",
  "preprocessor_config.json",
  "LICENSE",
  "LICENSE.txt",
  "LICENSE.md",
  "NOTICE",
]);

export interface SmallFile {
  readonly path: string;
  readonly data: Uint8Array;
}

/** Companion files of the base, else of the first parent. */
export async function companionFiles(models: readonly Checkpoint[]): Promise<SmallFile[]> {
  const [first] = models;
  if (first === undefined) return [];
  const names = (await readdir(first.folder)).filter((name) => companions.has(name)).sort();
  return Promise.all(names.map(async (path) => ({ path, data: await readFile(join(first.folder, path)) })));
}

const torchNames: Readonly<Record<string, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** config.json of the result: that of the base (else first parent), as a trunk when heads were left out, with the stored type. */
export function outputConfig(plan: Plan, models: readonly Checkpoint[]): Record<string, unknown> | null {
  const config = models.find(({ header }) => header.config !== null)?.header.config;
  if (config == null) return null;
  const result: Record<string, unknown> = plan.excluded.length > 0 ? trunkConfig(config) : { ...config };
  // Points at code of another repository, which was not copied and must not be fetched on behalf of a merge.
  delete result["auto_map"];
  const types = new Set(plan.tensors.filter(({ action }) => action === "merge").map(({ dtype }) => dtype));
  const [only] = types;
  const torchName = types.size === 1 && only !== undefined ? torchNames[only] : undefined;
  if (torchName !== undefined) {
    if ("dtype" in result) result["dtype"] = torchName;
    if ("torch_dtype" in result || !("dtype" in result)) result["torch_dtype"] = torchName;
  }
  return result;
}
