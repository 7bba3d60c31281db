import { capitalised, plural } from "../../lib/format.ts";
import { isRecord } from "../../lib/record.ts";
import { readSettings } from "../../lib/setting.ts";
import { furtherOf, type Said, saidOf } from "./recipe-words.ts";

/** Method and settings of a recipe, for a list of facts. A recipe is data from the API: nothing about it is assumed. */
export function recipeFacts(recipe: unknown): { method: string; items: Said[] } {
  if (!isRecord(recipe)) return { method: "", items: [] };
  const { method, slices } = recipe;
  const stack = Array.isArray(slices) ? [{ label: "Layers", value: plural(slices.length, "slice") }] : [];
  const items = [...saidOf(readSettings(recipe["parameters"])), ...stack, ...furtherOf(recipe)];
  return { method: typeof method === "string" ? methodTitle(method) : "", items };
}

/** task_arithmetic reads as Task arithmetic; short names are initials. A title stays as it is. */
export function methodTitle(name: string): string {
  if (name !== name.toLowerCase()) return name;
  return name.length <= 5 && !name.includes("_") ? name.toUpperCase() : capitalised(name.replaceAll("_", " "));
}
