import { join } from "node:path";
import { exists, readJson } from "./checkpoint-tensors.ts";

/** Names of the classes in the order of the head's outputs, from `id2label` of a folder's `config.json`; null when it names none. */
export async function readHeadLabels(dir: string): Promise<string[] | null> {
  const file = join(dir, "config.json");
  if (!(await exists(file))) return null;
  const config = await readJson(file);
  const names = typeof config === "object" && config !== null && "id2label" in config ? config.id2label : null;
  if (typeof names !== "object" || names === null) return null;
  const entries = Object.entries(names).sort(([a], [b]) => Number(a) - Number(b));
  return entries.map(([, name]) => String(name));
}
