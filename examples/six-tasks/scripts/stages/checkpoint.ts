import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

export function copyTokenizer(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of ["tokenizer.json", "tokenizer_config.json", "vocab.txt"]) copyFileSync(join(from, file), join(to, file));
}
