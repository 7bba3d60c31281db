import { copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TensorMap } from "../merge-by-statistics/index.ts";
import { saveTensors } from "../runtime/save-tensors.ts";
import type { Laboratory } from "./laboratory.ts";

/** Files of a folder that say how to read texts and run the trunk. */
const companions =
  /^(config\.json|tokenizer.*\.json|special_tokens_map\.json|vocab\.(json|txt)|merges\.txt|generation_config\.json)$/;

/**
 * Writes a trunk as a Hugging Face folder: `model.safetensors` in F32, with config and tokenizer of the base. The folder appears as a whole or not at all.
 * @throws Error when the folder exists
 */
export async function saveTrunk(
  outDir: string,
  trunk: TensorMap,
  { base, laboratory, metadata }: { base: string; laboratory: Laboratory; metadata: Readonly<Record<string, string>> },
  addFiles: (folder: string) => Promise<void>,
): Promise<void> {
  const shapes = laboratory.experts[0]?.network.parameters;
  const partial = `${outDir}.partial-${process.pid}`;
  await mkdir(partial, { recursive: true });
  try {
    for (const file of await readdir(base)) if (companions.test(file)) await copyFile(join(base, file), join(partial, file));
    const tensors = [...trunk].map(
      ([name, values]) => [name, { shape: shapes?.shape(name) ?? [values.length], values }] as const,
    );
    await saveTensors(join(partial, "model.safetensors"), tensors, new Map(Object.entries({ format: "pt", ...metadata })));
    await addFiles(partial);
    await mkdir(outDir);
    await rename(partial, outDir);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
